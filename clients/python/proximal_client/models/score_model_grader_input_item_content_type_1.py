from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.score_model_grader_input_item_content_type_1_type import ScoreModelGraderInputItemContentType1Type






T = TypeVar("T", bound="ScoreModelGraderInputItemContentType1")



@_attrs_define
class ScoreModelGraderInputItemContentType1:
    """ 
        Attributes:
            type_ (ScoreModelGraderInputItemContentType1Type): A text; there are no other parts.
            text (str): A template of what is said.
     """

    type_: ScoreModelGraderInputItemContentType1Type
    text: str





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        text = self.text


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "text": text,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = ScoreModelGraderInputItemContentType1Type(d.pop("type"))




        text = d.pop("text")

        score_model_grader_input_item_content_type_1 = cls(
            type_=type_,
            text=text,
        )

        return score_model_grader_input_item_content_type_1

