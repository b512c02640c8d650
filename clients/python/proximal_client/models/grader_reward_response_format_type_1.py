from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grader_reward_response_format_type_1_type import GraderRewardResponseFormatType1Type






T = TypeVar("T", bound="GraderRewardResponseFormatType1")



@_attrs_define
class GraderRewardResponseFormatType1:
    """ 
        Attributes:
            type_ (GraderRewardResponseFormatType1Type): How the completion is read.
     """

    type_: GraderRewardResponseFormatType1Type





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
        type_ = GraderRewardResponseFormatType1Type(d.pop("type"))




        grader_reward_response_format_type_1 = cls(
            type_=type_,
        )

        return grader_reward_response_format_type_1

