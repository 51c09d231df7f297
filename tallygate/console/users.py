"""The portal's own users: who they are, and what they may do."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from tallygate.catalog import dependents
from tallygate.catalog.access import Principal, number_of
from tallygate.catalog.models import Product, User
from tallygate.catalog.sections import SECTIONS
from tallygate.console import invitations
from tallygate.console.accounts import events_of
from tallygate.console.confirm import Confirm
from tallygate.console.curl import Api, Command
from tallygate.console.events import happen
from tallygate.console.form_page import FormPage
from tallygate.console.forms import RecordForm, Section
from tallygate.console.listing import Column, Filter, Listing
from tallygate.console.pages import action, api_of, form_page, page, show

EACH = "users/{user_id}"
YOURSELF = "You cannot delete yourself."

EVENTS = {
    "activate": ("Activate", "The user may sign in"),
    "suspend": ("Suspend", "The user may not sign in, and their tokens do not work"),
    "unsuspend": ("Let in again", "The user may sign in again"),
}
SECTION_NAMES = {
    "plans": "Products, plans and limits",
    "partners": "Accounts and applications",
    "monitoring": "Analytics",
    "settings": "Settings of the Developer Portal",
    "portal": "Content of the Developer Portal",
    "finance": "Billing",
    "policy_registry": "Policies of gateways",
}
"""Section -> what it lets a member do, in the order in which it is offered."""

assert set(SECTION_NAMES) == set(SECTIONS)

_COLUMNS = (
    Column("User", "name", "/username"),
    Column("E-mail address", "email", "/email", wide=True),
    Column("Role", "role", "role"),
    Column("May see and change", wide=True),
    Column("State", "state", "state"),
    Column(""),
)
_STATES = Filter("state", "State", User.State.choices, lambda state: Q(state=state))
_ROLES = Filter("role", "Role", User.Role.choices, lambda role: Q(role=role))


class UserForm(RecordForm):
    """Names and permissions in one: the API has three endpoints for them."""

    SECTIONS = (
        Section("", ("username", "email", "first_name", "last_name")),
        Section("What they may do", ("role", "allowed_sections", "which", "allowed_products")),
    )
    AT_ONCE = ("username", "email")
    WHEN = {
        "allowed_sections": ("role", "member"),
        "which": ("role", "member"),
        "allowed_products": ("which", "some"),
    }
    NEEDED = ("email",)
    NAMES = ("username", "email", "first_name", "last_name")

    role = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=(
            ("admin", "Admin: everything"),
            ("member", "Member: what the sections and products given to them allow"),
        ),
    )
    allowed_sections = forms.MultipleChoiceField(
        label="Sections",
        required=False,
        choices=tuple(SECTION_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    which = forms.ChoiceField(
        label="Products",
        required=False,
        widget=forms.RadioSelect,
        choices=(("all", "All, also future ones"), ("some", "Only these")),
    )
    allowed_products = forms.ModelMultipleChoiceField(
        Product.objects.none(),
        label="Which",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "many"}),
    )

    class Meta:
        model = User
        fields = ("username", "email", "first_name", "last_name", "role", "allowed_sections")
        labels = {"username": "User name", "email": "E-mail address"}

    def __init__(self, request: HttpRequest, user: User) -> None:
        some = user.allowed_product_ids is not None
        super().__init__(
            request,
            user,
            initial={
                "which": "some" if some else "all",
                "allowed_products": user.allowed_product_ids or [],
            },
        )
        self.fields["allowed_products"].queryset = user.provider.products.order_by("name", "pk")

    def complete(self) -> None:
        if not self.cleaned_data.get("email"):
            self.add_error("email", "can't be blank")
        if self.cleaned_data.get("which") == "all":
            self.instance.allowed_product_ids = None
        elif "allowed_products" in self.cleaned_data:
            chosen = self.cleaned_data["allowed_products"]
            self.instance.allowed_product_ids = sorted(product.pk for product in chosen)

    def names(self) -> dict[str, Any]:
        """Of what is given, what is no permission."""
        return {name: value for name, value in self.given().items() if name in self.NAMES}

    def permissions(self) -> dict[str, Any]:
        """What a member may do, as the API calls it; empty for an admin and where nothing is changed."""
        fields = ("allowed_sections", "which", "allowed_products")
        unchanged = not self.instance._state.adding and not set(fields) & set(self.changed_data)
        if self["role"].value() != "member" or unchanged:
            return {}
        some = self["which"].value() == "some"
        products = [number_of(key) for key in self["allowed_products"].value() or ()]
        return {
            "allowed_sections": self["allowed_sections"].value() or [],
            "allowed_service_ids": products if some else None,
        }


@page
def listing(request: HttpRequest, principal: Principal) -> HttpResponse:
    principal.require("manage_users")
    context = {
        "title": "Users",
        "listing": Listing(
            request.GET, principal.users(), _COLUMNS, noun="user",
            search=("username", "email", "first_name", "last_name"), filters=[_ROLES, _STATES],
        ),
        "section_names": SECTION_NAMES,
        "calls": [api_of(request).call("GET", "users")],
    }  # fmt: skip
    return show(request, principal, "console/users.html", "users", context)


@form_page
def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A user without a password, who gets one by an invitation."""
    principal.require("manage_users")
    user = User(provider=principal.provider, state=User.State.PENDING)
    user.set_unusable_password()
    form = UserForm(request, user)

    def calls(api: Api, form: UserForm) -> Sequence[Command]:
        return [api.call("POST", "users", form.names()), *_role(api, form, "USER_ID")]

    asked = FormPage(
        title="Invite a user",
        section="users",
        back=reverse("console:users"),
        calls=calls,
        save="Create",
        said="The user was created. Make an invitation link for them, and hand it over.",
    )
    return asked.answer(request, principal, form, lambda: _page_of(form.save()))


def _role(api: Api, form: UserForm, user_id: object) -> list[Command]:
    """The calls that set role and permissions, where these change."""
    calls = []
    role = form["role"].value()
    if "role" in form.changed_data and role in User.Role.values:
        calls.append(api.call("PUT", f"{EACH}/{role}", user_id=user_id))
    permissions = form.permissions()
    if permissions:
        calls.append(api.call("PUT", f"{EACH}/permissions", permissions, user_id=user_id))
    return calls


@form_page
def edit(request: HttpRequest, principal: Principal, user_id: int) -> HttpResponse:
    principal.require("manage_users")
    user = _find(principal, user_id)
    form = UserForm(request, user)

    def calls(api: Api, form: UserForm) -> Sequence[Command]:
        names = form.names() if form.changed_data else {}
        changed = [api.call("PUT", EACH, names, user_id=user_id)] if names else []
        changed += _role(api, form, user_id)
        return changed or [api.call("GET", EACH, user_id=user_id)]

    asked = FormPage(
        title=f"Edit {user.username}",
        section="users",
        back=reverse("console:users"),
        calls=calls,
        said="The user was changed",
        template="console/user.html",
        context={
            "edited": user,
            "events": events_of(user, EVENTS),
            "is_yourself": user == principal.user,
            "tokens": user.access_tokens.count(),
        },
    )
    return asked.answer(request, principal, form, lambda: _page_of(form.save()))


@form_page
def delete(request: HttpRequest, principal: Principal, user_id: int) -> HttpResponse:
    principal.require("manage_users")
    user = _find(principal, user_id)
    yourself = user == principal.user

    def do() -> None:
        if yourself:
            raise ValidationError(YOURSELF)
        user.delete()

    depends = dependents.of(user)
    asked = Confirm(
        title=f"Delete the user {user.username}?",
        section="users",
        back=_page_of(user),
        then=reverse("console:users"),
        said=f"The user {user.username} was deleted",
        calls=lambda api: [api.call("DELETE", EACH, user_id=user_id)],
        dependents=depends._replace(refusal=YOURSELF) if yourself else depends,
        note="What they changed stays on record.",
    )
    return asked.answer(request, principal, do)


@action
def event(request: HttpRequest, principal: Principal, user_id: int, name: str) -> HttpResponse:
    """What a button of the user's page does."""
    principal.require("manage_users")
    user = _find(principal, user_id)
    return happen(request, principal, lambda: user.go(name), EVENTS[name][1], _page_of(user))


@action
def invite(request: HttpRequest, principal: Principal, user_id: int) -> HttpResponse:
    """A link with which the user, and whoever has it, sets their password; shown once."""
    principal.require("manage_users")
    user = _find(principal, user_id)
    context = {
        "title": f"Invitation of {user.username}",
        "edited": user,
        "link": request.build_absolute_uri(invitations.path_of(user)),
        "days": invitations.DAYS,
    }
    return show(request, principal, "console/invitation.html", "users", context)


def _find(principal: Principal, user_id: int) -> User:
    return get_object_or_404(principal.users().select_related("provider"), pk=user_id)


def _page_of(user: User) -> str:
    return reverse("console:user", args=[user.pk])
