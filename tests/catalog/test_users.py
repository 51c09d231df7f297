"""The portal's users: states, roles, and the admin who must not be lost."""

import pytest
from django.core.exceptions import ValidationError
from support import catalog_data as made

from tallygate.catalog.errors import DeletionRefused
from tallygate.catalog.models import Provider, User
from tallygate.catalog.notifications import NOTIFICATIONS, preferences


@pytest.fixture
def admin(catalog: object) -> User:
    return User.objects.create_user(made.provider(), "ada", "correct horse", role="admin")


def refusal(error: "pytest.ExceptionInfo[ValidationError]") -> dict[str, list[str]]:
    return error.value.message_dict


def test_the_last_active_admin_stays_an_active_admin(admin: User) -> None:
    admin.role = User.Role.MEMBER
    with pytest.raises(ValidationError) as demoted:
        admin.save()
    assert refusal(demoted) == {"role": [User.LAST_ADMIN]}
    admin.refresh_from_db()
    with pytest.raises(ValidationError) as suspended:
        admin.go("suspend")
    assert refusal(suspended) == {"state": [User.LAST_ADMIN]}
    with pytest.raises(DeletionRefused, match="last admin"):
        User.objects.get().delete()


def test_with_another_active_admin_anybody_may_go(admin: User) -> None:
    other = User.objects.create_user(admin.provider, "bob", "correct horse", role="admin")
    admin.go("suspend")
    with pytest.raises(DeletionRefused):
        other.delete()
    admin.go("unsuspend")
    other.delete()
    assert User.objects.get() == admin


def test_users_go_with_their_provider(admin: User) -> None:
    admin.provider.delete()
    assert not User.objects.exists()


def test_only_products_of_the_provider_can_be_given_to_a_member(admin: User) -> None:
    member = User.objects.create_user(admin.provider, "bob", "correct horse")
    mine, theirs = made.product(admin.provider), made.product()
    for wrong in ([theirs.pk], [mine.pk, 987654]):
        member.allowed_product_ids = wrong
        with pytest.raises(ValidationError) as refused:
            member.save()
        assert refusal(refused) == {"allowed_product_ids": ["not found"]}
    member.allowed_product_ids = [mine.pk]
    member.save()
    made.product(admin.provider)
    mine.delete()
    member.first_name = "Bob"
    member.save()


def test_addresses_are_unique_with_a_provider(admin: User) -> None:
    def user(provider: Provider, username: str, email: str) -> User:
        return User.objects.create_user(provider, username, "correct horse", email=email)

    user(admin.provider, "bob", "bob@example.com")
    with pytest.raises(ValidationError) as taken:
        user(admin.provider, "eve", "bob@example.com")
    assert refusal(taken) == {"email": ["has already been taken"]}
    user(made.provider(), "eve", "bob@example.com")
    user(admin.provider, "joe", "")


def test_what_a_user_has_not_chosen_is_as_by_default(admin: User) -> None:
    assert preferences({}) == NOTIFICATIONS
    chosen = preferences({"weekly_report": True, "limit_alert_reached_provider": False})
    assert chosen["weekly_report"]
    assert not chosen["limit_alert_reached_provider"]
    for wrong in ({"unknown": True}, {"weekly_report": "yes"}, ["weekly_report"]):
        admin.notifications = wrong
        with pytest.raises(ValidationError) as refused:
            admin.save()
        assert list(refusal(refused)) == ["notifications"]
