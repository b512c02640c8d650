from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.webhook_update_event_types_item import WebhookUpdateEventTypesItem
from ..models.webhook_update_status import WebhookUpdateStatus
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="WebhookUpdate")



@_attrs_define
class WebhookUpdate:
    """ 
        Attributes:
            url (str | Unset): Where events are posted to: a public https URL, or one that the server's OUTBOUND_ALLOW
                opens.
            event_types (list[WebhookUpdateEventTypesItem] | Unset): Events that are sent: their types, or * for all
                training_job.…; those of type fine_tuning.… have OpenAI's body.
            description (str | Unset): A text of your own.
            status (WebhookUpdateStatus | Unset): disabled: nothing is sent; what happens is kept for the endpoint for three
                days. enabled: sent again, in order, with what was kept.
     """

    url: str | Unset = UNSET
    event_types: list[WebhookUpdateEventTypesItem] | Unset = UNSET
    description: str | Unset = UNSET
    status: WebhookUpdateStatus | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        url = self.url

        event_types: list[str] | Unset = UNSET
        if not isinstance(self.event_types, Unset):
            event_types = []
            for event_types_item_data in self.event_types:
                event_types_item = event_types_item_data.value
                event_types.append(event_types_item)



        description = self.description

        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status.value



        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if url is not UNSET:
            field_dict["url"] = url
        if event_types is not UNSET:
            field_dict["event_types"] = event_types
        if description is not UNSET:
            field_dict["description"] = description
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url", UNSET)

        _event_types = d.pop("event_types", UNSET)
        event_types: list[WebhookUpdateEventTypesItem] | Unset = UNSET
        if _event_types is not UNSET:
            event_types = []
            for event_types_item_data in _event_types:
                event_types_item = WebhookUpdateEventTypesItem(event_types_item_data)



                event_types.append(event_types_item)


        description = d.pop("description", UNSET)

        _status = d.pop("status", UNSET)
        status: WebhookUpdateStatus | Unset
        if isinstance(_status,  Unset):
            status = UNSET
        else:
            status = WebhookUpdateStatus(_status)




        webhook_update = cls(
            url=url,
            event_types=event_types,
            description=description,
            status=status,
        )

        return webhook_update

