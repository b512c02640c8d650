from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_webhook_endpoint_request_event_types_item import OpenAIWebhookEndpointRequestEventTypesItem
from typing import cast






T = TypeVar("T", bound="OpenAIWebhookEndpointRequest")



@_attrs_define
class OpenAIWebhookEndpointRequest:
    """ 
        Example:
            {'name': 'jobs', 'url': 'https://example.com/hook', 'event_types': ['fine_tuning.job.succeeded']}

        Attributes:
            name (str): A text of your own.
            url (str): Where events are posted to.
            event_types (list[OpenAIWebhookEndpointRequestEventTypesItem]): Events that are sent.
     """

    name: str
    url: str
    event_types: list[OpenAIWebhookEndpointRequestEventTypesItem]





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        url = self.url

        event_types = []
        for event_types_item_data in self.event_types:
            event_types_item = event_types_item_data.value
            event_types.append(event_types_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "name": name,
            "url": url,
            "event_types": event_types,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        url = d.pop("url")

        event_types = []
        _event_types = d.pop("event_types")
        for event_types_item_data in (_event_types):
            event_types_item = OpenAIWebhookEndpointRequestEventTypesItem(event_types_item_data)



            event_types.append(event_types_item)


        open_ai_webhook_endpoint_request = cls(
            name=name,
            url=url,
            event_types=event_types,
        )

        return open_ai_webhook_endpoint_request

