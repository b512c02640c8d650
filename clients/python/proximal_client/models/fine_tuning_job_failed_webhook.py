from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_job_failed_webhook_object import FineTuningJobFailedWebhookObject
from ..models.fine_tuning_job_failed_webhook_type import FineTuningJobFailedWebhookType
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_webhook_data import FineTuningWebhookData





T = TypeVar("T", bound="FineTuningJobFailedWebhook")



@_attrs_define
class FineTuningJobFailedWebhook:
    """ 
        Attributes:
            id (str): Names the event.
            object_ (FineTuningJobFailedWebhookObject): What this is.
            created_at (int): When it happened, in seconds since 1970.
            type_ (FineTuningJobFailedWebhookType): What happened.
            data (FineTuningWebhookData): What it happened to.
     """

    id: str
    object_: FineTuningJobFailedWebhookObject
    created_at: int
    type_: FineTuningJobFailedWebhookType
    data: FineTuningWebhookData
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_webhook_data import FineTuningWebhookData # noqa: PLC0415
        id = self.id

        object_ = self.object_.value

        created_at = self.created_at

        type_ = self.type_.value

        data = self.data.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "object": object_,
            "created_at": created_at,
            "type": type_,
            "data": data,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_webhook_data import FineTuningWebhookData # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        object_ = FineTuningJobFailedWebhookObject(d.pop("object"))




        created_at = d.pop("created_at")

        type_ = FineTuningJobFailedWebhookType(d.pop("type"))




        data = FineTuningWebhookData.from_dict(d.pop("data"))




        fine_tuning_job_failed_webhook = cls(
            id=id,
            object_=object_,
            created_at=created_at,
            type_=type_,
            data=data,
        )


        fine_tuning_job_failed_webhook.additional_properties = d
        return fine_tuning_job_failed_webhook

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
