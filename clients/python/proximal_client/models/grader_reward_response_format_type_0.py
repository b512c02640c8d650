from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grader_reward_response_format_type_0_type import GraderRewardResponseFormatType0Type






T = TypeVar("T", bound="GraderRewardResponseFormatType0")



@_attrs_define
class GraderRewardResponseFormatType0:
    """ 
        Attributes:
            type_ (GraderRewardResponseFormatType0Type): How the completion is read.
     """

    type_: GraderRewardResponseFormatType0Type





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
        type_ = GraderRewardResponseFormatType0Type(d.pop("type"))




        grader_reward_response_format_type_0 = cls(
            type_=type_,
        )

        return grader_reward_response_format_type_0

