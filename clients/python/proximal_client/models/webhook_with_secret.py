from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.webhook_with_secret_status import WebhookWithSecretStatus
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.webhook_with_secret_disabled_type_0 import WebhookWithSecretDisabledType0





T = TypeVar("T", bound="WebhookWithSecret")



@_attrs_define
class WebhookWithSecret:
    """ 
        Attributes:
            id (str): Names the webhook in paths.
            url (str): Where events are posted to.
            description (str): A text of your own.
            event_types (list[str]): Types of events that are sent; * is all.
            status (WebhookWithSecretStatus): Whether anything is sent.
            disabled (None | WebhookWithSecretDisabledType0): Why nothing is sent; null while it is enabled.
            failing_since (datetime.datetime | None): The first try that failed since one was accepted.
            previous_secrets_expire_at (datetime.datetime | None): Until when a secret before the current one signs as well;
                null when none does.
            created_at (datetime.datetime): When it was made.
            secret (str): Signs the deliveries. Shown in this answer only.
     """

    id: str
    url: str
    description: str
    event_types: list[str]
    status: WebhookWithSecretStatus
    disabled: None | WebhookWithSecretDisabledType0
    failing_since: datetime.datetime | None
    previous_secrets_expire_at: datetime.datetime | None
    created_at: datetime.datetime
    secret: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.webhook_with_secret_disabled_type_0 import WebhookWithSecretDisabledType0 # noqa: PLC0415
        id = self.id

        url = self.url

        description = self.description

        event_types = self.event_types



        status = self.status.value

        disabled: dict[str, Any] | None
        if isinstance(self.disabled, WebhookWithSecretDisabledType0):
            disabled = self.disabled.to_dict()
        else:
            disabled = self.disabled

        failing_since: None | str
        if isinstance(self.failing_since, datetime.datetime):
            failing_since = self.failing_since.isoformat()
        else:
            failing_since = self.failing_since

        previous_secrets_expire_at: None | str
        if isinstance(self.previous_secrets_expire_at, datetime.datetime):
            previous_secrets_expire_at = self.previous_secrets_expire_at.isoformat()
        else:
            previous_secrets_expire_at = self.previous_secrets_expire_at

        created_at = self.created_at.isoformat()

        secret = self.secret


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "url": url,
            "description": description,
            "event_types": event_types,
            "status": status,
            "disabled": disabled,
            "failing_since": failing_since,
            "previous_secrets_expire_at": previous_secrets_expire_at,
            "created_at": created_at,
            "secret": secret,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.webhook_with_secret_disabled_type_0 import WebhookWithSecretDisabledType0 # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        url = d.pop("url")

        description = d.pop("description")

        event_types = cast(list[str], d.pop("event_types"))


        status = WebhookWithSecretStatus(d.pop("status"))




        def _parse_disabled(data: object) -> None | WebhookWithSecretDisabledType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                disabled_type_0 = WebhookWithSecretDisabledType0.from_dict(data)



                return disabled_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WebhookWithSecretDisabledType0, data)

        disabled = _parse_disabled(d.pop("disabled"))


        def _parse_failing_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                failing_since_type_0 = datetime.datetime.fromisoformat(data)



                return failing_since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        failing_since = _parse_failing_since(d.pop("failing_since"))


        def _parse_previous_secrets_expire_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                previous_secrets_expire_at_type_0 = datetime.datetime.fromisoformat(data)



                return previous_secrets_expire_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        previous_secrets_expire_at = _parse_previous_secrets_expire_at(d.pop("previous_secrets_expire_at"))


        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        secret = d.pop("secret")

        webhook_with_secret = cls(
            id=id,
            url=url,
            description=description,
            event_types=event_types,
            status=status,
            disabled=disabled,
            failing_since=failing_since,
            previous_secrets_expire_at=previous_secrets_expire_at,
            created_at=created_at,
            secret=secret,
        )


        webhook_with_secret.additional_properties = d
        return webhook_with_secret

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
