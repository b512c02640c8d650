from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.succeeded_webhook_type import SucceededWebhookType
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.succeeded_webhook_data import SucceededWebhookData





T = TypeVar("T", bound="SucceededWebhook")



@_attrs_define
class SucceededWebhook:
    """ 
        Attributes:
            type_ (SucceededWebhookType): What happened.
            timestamp (datetime.datetime): When it happened.
            data (SucceededWebhookData): The job as it was then, and what else there is to know.
     """

    type_: SucceededWebhookType
    timestamp: datetime.datetime
    data: SucceededWebhookData
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.succeeded_webhook_data import SucceededWebhookData # noqa: PLC0415
        type_ = self.type_.value

        timestamp = self.timestamp.isoformat()

        data = self.data.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "type": type_,
            "timestamp": timestamp,
            "data": data,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.succeeded_webhook_data import SucceededWebhookData # noqa: PLC0415
        d = dict(src_dict)
        type_ = SucceededWebhookType(d.pop("type"))




        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))




        data = SucceededWebhookData.from_dict(d.pop("data"))




        succeeded_webhook = cls(
            type_=type_,
            timestamp=timestamp,
            data=data,
        )


        succeeded_webhook.additional_properties = d
        return succeeded_webhook

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
