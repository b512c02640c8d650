from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_event_types_data_item import OpenAIEventTypesDataItem
from ..models.open_ai_event_types_object import OpenAIEventTypesObject
from typing import cast






T = TypeVar("T", bound="OpenAIEventTypes")



@_attrs_define
class OpenAIEventTypes:
    """ 
        Attributes:
            object_ (OpenAIEventTypesObject): What this is.
            data (list[OpenAIEventTypesDataItem]): The types.
     """

    object_: OpenAIEventTypesObject
    data: list[OpenAIEventTypesDataItem]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        object_ = self.object_.value

        data = []
        for data_item_data in self.data:
            data_item = data_item_data.value
            data.append(data_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "data": data,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        object_ = OpenAIEventTypesObject(d.pop("object"))




        data = []
        _data = d.pop("data")
        for data_item_data in (_data):
            data_item = OpenAIEventTypesDataItem(data_item_data)



            data.append(data_item)


        open_ai_event_types = cls(
            object_=object_,
            data=data,
        )


        open_ai_event_types.additional_properties = d
        return open_ai_event_types

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
