from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.resumed_event_type import ResumedEventType
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.resumed_data import ResumedData





T = TypeVar("T", bound="ResumedEvent")



@_attrs_define
class ResumedEvent:
    """ 
        Attributes:
            id (str): Names the event; for after and Last-Event-ID.
            type_ (ResumedEventType): What happened.
            job_id (str): The job that it happened to.
            created_at (datetime.datetime): When it happened.
            data (ResumedData): What there is to know of it.
     """

    id: str
    type_: ResumedEventType
    job_id: str
    created_at: datetime.datetime
    data: ResumedData
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.resumed_data import ResumedData # noqa: PLC0415
        id = self.id

        type_ = self.type_.value

        job_id = self.job_id

        created_at = self.created_at.isoformat()

        data = self.data.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "type": type_,
            "job_id": job_id,
            "created_at": created_at,
            "data": data,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.resumed_data import ResumedData # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        type_ = ResumedEventType(d.pop("type"))




        job_id = d.pop("job_id")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        data = ResumedData.from_dict(d.pop("data"))




        resumed_event = cls(
            id=id,
            type_=type_,
            job_id=job_id,
            created_at=created_at,
            data=data,
        )


        resumed_event.additional_properties = d
        return resumed_event

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
