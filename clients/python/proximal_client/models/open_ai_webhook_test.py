from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_webhook_test_event_type import OpenAIWebhookTestEventType






T = TypeVar("T", bound="OpenAIWebhookTest")



@_attrs_define
class OpenAIWebhookTest:
    """ 
        Example:
            {'event_type': 'fine_tuning.job.succeeded'}

        Attributes:
            event_type (OpenAIWebhookTestEventType): Of the event that is sent.
     """

    event_type: OpenAIWebhookTestEventType





    def to_dict(self) -> dict[str, Any]:
        event_type = self.event_type.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "event_type": event_type,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        event_type = OpenAIWebhookTestEventType(d.pop("event_type"))




        open_ai_webhook_test = cls(
            event_type=event_type,
        )

        return open_ai_webhook_test

