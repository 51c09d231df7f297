"""Applications, one at a time and in batches, and the user keys by which they are found."""

from collections.abc import Mapping
from typing import Any, Final

from tallygate.listener.internal.answers import DELETED, Answer, Refused, invalid, not_found
from tallygate.listener.internal.request import Object, Request, text
from tallygate.registry.records import Application
from tallygate.registry.store import Store

_NOT_FOUND: Final = "application not found"
_ATTRIBUTES: Final = ("state", "plan_id", "plan_name", "redirect_url")


def get(store: Store, request: Request) -> Answer:
    application = find(store, request.ids)
    shown = {name: getattr(application, name) or None for name in _ATTRIBUTES}
    return Answer(200, {"status": "found", "application": {**_names(application), **shown}})


def create(store: Store, request: Request) -> Answer:
    given = request.attributes("application")
    service_id, application_id = request.ids["service"], request.ids["application"]
    if store.tables.application(service_id, application_id) is not None:
        raise Refused(405, "application cannot be created, exists already", "exists")
    shown = _save(store, service_id, application_id, given)
    return Answer(201, {"status": "created", "application": shown})


def update(store: Store, request: Request) -> Answer:
    """Creates or changes; what is not given stays as it is, although the answer says null."""
    given = request.attributes("application")
    service_id, application_id = request.ids["service"], request.ids["application"]
    exists = store.tables.application(service_id, application_id) is not None
    shown = _save(store, service_id, application_id, given)
    return Answer(200, {"status": "modified" if exists else "created", "application": shown})


def delete(store: Store, request: Request) -> Answer:
    application = find(store, request.ids)
    store.writer.delete_application(application.service_id, application.id)
    return DELETED


def update_batch(store: Store, request: Request) -> Answer:
    """Each item is saved as a whole or, when something is wrong with it, not at all."""
    service_id = request.ids["service"]
    results = [_saved_item(store, service_id, item) for item in request.items("applications")]
    failures = [
        {"id": result["id"], "error": result["error"]}
        for result in results
        if result["status"] == "error"
    ]
    body: dict[str, Any] = {
        "status": "completed",
        "total": len(results),
        "successful": len(results) - len(failures),
        "failed": len(failures),
        "applications": results,
    }
    return Answer(200, {**body, "failures": failures} if failures else body)


def get_by_user_key(store: Store, request: Request) -> Answer:
    found = store.tables.application_id_of(request.ids["service"], request.ids["user_key"])
    if found is None:
        raise not_found("application key not found")
    return Answer(200, {"status": "found", "application": {"id": found}})


def put_user_key(store: Store, request: Request) -> Answer:
    application_id = request.ids["application"]
    store.writer.put_user_key(request.ids["service"], request.ids["user_key"], application_id)
    return Answer(200, {"status": "modified", "application": {"id": application_id}})


def delete_user_key(store: Store, request: Request) -> Answer:
    store.writer.delete_user_key(request.ids["service"], request.ids["user_key"])
    return DELETED


def find(store: Store, ids: Mapping[str, str]) -> Application:
    """The application that the path names.

    Raises:
        Refused: There is none.
    """
    application = store.tables.application(ids["service"], ids["application"])
    if application is None:
        raise not_found(_NOT_FOUND)
    return application


def _names(application: Application) -> dict[str, str]:
    return {"service_id": application.service_id, "id": application.id}


def _save(store: Store, service_id: str, application_id: str, given: Object) -> dict[str, Any]:
    """Saves the attributes; gives the application as the answer shows it, with the values as they were given."""
    values = {name: text(given, name) for name in _ATTRIBUTES}
    if not (values["state"] or "").strip():
        message = f'Application with id="{application_id}" has no state'
        raise Refused(400, message, "bad_request")
    stored = store.tables.application(service_id, application_id)
    kept = {
        name: value if value is not None else getattr(stored, name, "")
        for name, value in values.items()
    }
    application = Application(service_id, application_id, **kept)
    store.writer.put_application(application)
    return {**_names(application), **{name: given.get(name) for name in _ATTRIBUTES}}


def _saved_item(store: Store, service_id: str, item: Any) -> dict[str, Any]:
    given: Object = item if isinstance(item, dict) else {}
    try:
        with store.savepoint():
            return _save_item(store, service_id, given)
    except Refused as refused:
        return {"status": "error", "id": given.get("id"), "error": refused.message}


def _save_item(store: Store, service_id: str, given: Object) -> dict[str, Any]:
    application_id = text(given, "id")
    if not application_id:
        raise Refused(400, "Application has no id")
    exists = store.tables.application(service_id, application_id) is not None
    shown = _save(store, service_id, application_id, given)
    user_key = text(given, "user_key")
    if user_key is not None:
        if not user_key:
            message = f'Application id="{application_id}" with user_key="" has inconsistent data'
            raise Refused(400, f"{message} and could not be saved")
        store.writer.put_user_key(service_id, user_key, application_id)
    keys = _texts(given, "application_keys", "application key can't be blank")
    for key in keys:
        store.writer.put_application_key(service_id, application_id, key)
    filters = _texts(given, "referrer_filters", "referrer filter can't be blank")
    for each in filters:
        store.writer.put_referrer_filter(service_id, application_id, each)
    return {
        "status": "modified" if exists else "created",
        "application": {
            **shown,
            "user_key": given.get("user_key"),
            "application_keys": keys,
            "referrer_filters": filters,
        },
    }


def _texts(given: Object, name: str, when_blank: str) -> list[str]:
    values = given.get(name)
    if values is None:
        return []
    if not isinstance(values, list):
        raise invalid(name)
    found = [text({name: value}, name) or "" for value in values]
    if not all(each.strip() for each in found):
        raise Refused(400, when_blank)
    return found
