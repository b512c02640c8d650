from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.json_schema_format_type import JsonSchemaFormatType
from typing import cast

if TYPE_CHECKING:
  from ..models.json_schema_format_json_schema import JsonSchemaFormatJsonSchema





T = TypeVar("T", bound="JsonSchemaFormat")



@_attrs_define
class JsonSchemaFormat:
    """ 
        Attributes:
            type_ (JsonSchemaFormatType): How the completion is read.
            json_schema (JsonSchemaFormatJsonSchema): OpenAI's name, schema and strict; taken, and not held against the
                text.
     """

    type_: JsonSchemaFormatType
    json_schema: JsonSchemaFormatJsonSchema





    def to_dict(self) -> dict[str, Any]:
        from ..models.json_schema_format_json_schema import JsonSchemaFormatJsonSchema # noqa: PLC0415
        type_ = self.type_.value

        json_schema = self.json_schema.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "json_schema": json_schema,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.json_schema_format_json_schema import JsonSchemaFormatJsonSchema # noqa: PLC0415
        d = dict(src_dict)
        type_ = JsonSchemaFormatType(d.pop("type"))




        json_schema = JsonSchemaFormatJsonSchema.from_dict(d.pop("json_schema"))




        json_schema_format = cls(
            type_=type_,
            json_schema=json_schema,
        )

        return json_schema_format

