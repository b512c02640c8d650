from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_webhook_test_result_object import OpenAIWebhookTestResultObject






T = TypeVar("T", bound="OpenAIWebhookTestResult")



@_attrs_define
class OpenAIWebhookTestResult:
    """ 
        Attributes:
            object_ (OpenAIWebhookTestResultObject): What this is.
            webhook_endpoint_id (str): The webhook that was tested.
            event_type (str): Of the event that was sent.
            status_code (int): HTTP status of its answer.
            success (bool): That it was accepted: else the test is refused.
     """

    object_: OpenAIWebhookTestResultObject
    webhook_endpoint_id: str
    event_type: str
    status_code: int
    success: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        object_ = self.object_.value

        webhook_endpoint_id = self.webhook_endpoint_id

        event_type = self.event_type

        status_code = self.status_code

        success = self.success


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "webhook_endpoint_id": webhook_endpoint_id,
            "event_type": event_type,
            "status_code": status_code,
            "success": success,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        object_ = OpenAIWebhookTestResultObject(d.pop("object"))




        webhook_endpoint_id = d.pop("webhook_endpoint_id")

        event_type = d.pop("event_type")

        status_code = d.pop("status_code")

        success = d.pop("success")

        open_ai_webhook_test_result = cls(
            object_=object_,
            webhook_endpoint_id=webhook_endpoint_id,
            event_type=event_type,
            status_code=status_code,
            success=success,
        )


        open_ai_webhook_test_result.additional_properties = d
        return open_ai_webhook_test_result

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
