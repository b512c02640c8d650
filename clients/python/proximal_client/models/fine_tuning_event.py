from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fine_tuning_event_level import FineTuningEventLevel
from ..models.fine_tuning_event_object import FineTuningEventObject
from ..models.fine_tuning_event_type import FineTuningEventType
from typing import cast

if TYPE_CHECKING:
  from ..models.fine_tuning_event_data_type_0 import FineTuningEventDataType0





T = TypeVar("T", bound="FineTuningEvent")



@_attrs_define
class FineTuningEvent:
    """ 
        Attributes:
            object_ (FineTuningEventObject): What this is.
            id (str): Names the event; for after.
            created_at (int): Seconds since 1970.
            level (FineTuningEventLevel): How bad it is.
            message (str): For people.
            type_ (FineTuningEventType): metrics: data has a step's numbers.
            data (FineTuningEventDataType0 | None): Of metrics: the numbers. Of errors: the code.
     """

    object_: FineTuningEventObject
    id: str
    created_at: int
    level: FineTuningEventLevel
    message: str
    type_: FineTuningEventType
    data: FineTuningEventDataType0 | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.fine_tuning_event_data_type_0 import FineTuningEventDataType0 # noqa: PLC0415
        object_ = self.object_.value

        id = self.id

        created_at = self.created_at

        level = self.level.value

        message = self.message

        type_ = self.type_.value

        data: dict[str, Any] | None
        if isinstance(self.data, FineTuningEventDataType0):
            data = self.data.to_dict()
        else:
            data = self.data


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "id": id,
            "created_at": created_at,
            "level": level,
            "message": message,
            "type": type_,
            "data": data,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fine_tuning_event_data_type_0 import FineTuningEventDataType0 # noqa: PLC0415
        d = dict(src_dict)
        object_ = FineTuningEventObject(d.pop("object"))




        id = d.pop("id")

        created_at = d.pop("created_at")

        level = FineTuningEventLevel(d.pop("level"))




        message = d.pop("message")

        type_ = FineTuningEventType(d.pop("type"))




        def _parse_data(data: object) -> FineTuningEventDataType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                data_type_0 = FineTuningEventDataType0.from_dict(data)



                return data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FineTuningEventDataType0 | None, data)

        data = _parse_data(d.pop("data"))


        fine_tuning_event = cls(
            object_=object_,
            id=id,
            created_at=created_at,
            level=level,
            message=message,
            type_=type_,
            data=data,
        )


        fine_tuning_event.additional_properties = d
        return fine_tuning_event

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
