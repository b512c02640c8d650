from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_webhook_endpoint_with_secret_object import OpenAIWebhookEndpointWithSecretObject
from typing import cast






T = TypeVar("T", bound="OpenAIWebhookEndpointWithSecret")



@_attrs_define
class OpenAIWebhookEndpointWithSecret:
    """ 
        Attributes:
            id (str): Names the webhook in paths.
            object_ (OpenAIWebhookEndpointWithSecretObject): What this is.
            created_at (int): Seconds since 1970.
            name (str): A text of your own.
            url (str): Where events are posted to.
            event_types (list[str]): Events that are sent.
            signing_secret_hint (str): The end of the secret.
            signing_secret (str): Signs the deliveries.
     """

    id: str
    object_: OpenAIWebhookEndpointWithSecretObject
    created_at: int
    name: str
    url: str
    event_types: list[str]
    signing_secret_hint: str
    signing_secret: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = self.id

        object_ = self.object_.value

        created_at = self.created_at

        name = self.name

        url = self.url

        event_types = self.event_types



        signing_secret_hint = self.signing_secret_hint

        signing_secret = self.signing_secret


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "object": object_,
            "created_at": created_at,
            "name": name,
            "url": url,
            "event_types": event_types,
            "signing_secret_hint": signing_secret_hint,
            "signing_secret": signing_secret,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        object_ = OpenAIWebhookEndpointWithSecretObject(d.pop("object"))




        created_at = d.pop("created_at")

        name = d.pop("name")

        url = d.pop("url")

        event_types = cast(list[str], d.pop("event_types"))


        signing_secret_hint = d.pop("signing_secret_hint")

        signing_secret = d.pop("signing_secret")

        open_ai_webhook_endpoint_with_secret = cls(
            id=id,
            object_=object_,
            created_at=created_at,
            name=name,
            url=url,
            event_types=event_types,
            signing_secret_hint=signing_secret_hint,
            signing_secret=signing_secret,
        )


        open_ai_webhook_endpoint_with_secret.additional_properties = d
        return open_ai_webhook_endpoint_with_secret

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
