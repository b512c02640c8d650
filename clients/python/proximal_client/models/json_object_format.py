from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.json_object_format_type import JsonObjectFormatType






T = TypeVar("T", bound="JsonObjectFormat")



@_attrs_define
class JsonObjectFormat:
    """ 
        Attributes:
            type_ (JsonObjectFormatType): How the completion is read.
     """

    type_: JsonObjectFormatType





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = JsonObjectFormatType(d.pop("type"))




        json_object_format = cls(
            type_=type_,
        )

        return json_object_format

