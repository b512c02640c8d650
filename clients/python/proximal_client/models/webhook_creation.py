from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.webhook_creation_event_types_item import WebhookCreationEventTypesItem
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="WebhookCreation")



@_attrs_define
class WebhookCreation:
    """ 
        Attributes:
            url (str): Where events are posted to: a public https URL, or one that the server's OUTBOUND_ALLOW opens.
            event_types (list[WebhookCreationEventTypesItem] | Unset): Events that are sent: their types, or * for all
                training_job.…; those of type fine_tuning.… have OpenAI's body.
            description (str | Unset): A text of your own. Default: ''.
            secret (str | Unset): Signs the deliveries. Default: one is made.
     """

    url: str
    event_types: list[WebhookCreationEventTypesItem] | Unset = UNSET
    description: str | Unset = ''
    secret: str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        url = self.url

        event_types: list[str] | Unset = UNSET
        if not isinstance(self.event_types, Unset):
            event_types = []
            for event_types_item_data in self.event_types:
                event_types_item = event_types_item_data.value
                event_types.append(event_types_item)



        description = self.description

        secret = self.secret


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "url": url,
        })
        if event_types is not UNSET:
            field_dict["event_types"] = event_types
        if description is not UNSET:
            field_dict["description"] = description
        if secret is not UNSET:
            field_dict["secret"] = secret

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url")

        _event_types = d.pop("event_types", UNSET)
        event_types: list[WebhookCreationEventTypesItem] | Unset = UNSET
        if _event_types is not UNSET:
            event_types = []
            for event_types_item_data in _event_types:
                event_types_item = WebhookCreationEventTypesItem(event_types_item_data)



                event_types.append(event_types_item)


        description = d.pop("description", UNSET)

        secret = d.pop("secret", UNSET)

        webhook_creation = cls(
            url=url,
            event_types=event_types,
            description=description,
            secret=secret,
        )

        return webhook_creation

