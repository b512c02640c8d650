from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grader_reward_response_format_type_2_type import GraderRewardResponseFormatType2Type
from typing import cast

if TYPE_CHECKING:
  from ..models.grader_reward_response_format_type_2_json_schema import GraderRewardResponseFormatType2JsonSchema





T = TypeVar("T", bound="GraderRewardResponseFormatType2")



@_attrs_define
class GraderRewardResponseFormatType2:
    """ 
        Attributes:
            type_ (GraderRewardResponseFormatType2Type): How the completion is read.
            json_schema (GraderRewardResponseFormatType2JsonSchema): OpenAI's name, schema and strict; taken, and not held
                against the text.
     """

    type_: GraderRewardResponseFormatType2Type
    json_schema: GraderRewardResponseFormatType2JsonSchema





    def to_dict(self) -> dict[str, Any]:
        from ..models.grader_reward_response_format_type_2_json_schema import GraderRewardResponseFormatType2JsonSchema # noqa: PLC0415
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
        from ..models.grader_reward_response_format_type_2_json_schema import GraderRewardResponseFormatType2JsonSchema # noqa: PLC0415
        d = dict(src_dict)
        type_ = GraderRewardResponseFormatType2Type(d.pop("type"))




        json_schema = GraderRewardResponseFormatType2JsonSchema.from_dict(d.pop("json_schema"))




        grader_reward_response_format_type_2 = cls(
            type_=type_,
            json_schema=json_schema,
        )

        return grader_reward_response_format_type_2

