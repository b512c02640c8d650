from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.score_model_grader_input_item_content_type_2_item_type import ScoreModelGraderInputItemContentType2ItemType






T = TypeVar("T", bound="ScoreModelGraderInputItemContentType2Item")



@_attrs_define
class ScoreModelGraderInputItemContentType2Item:
    """ 
        Attributes:
            type_ (ScoreModelGraderInputItemContentType2ItemType): A text; there are no other parts.
            text (str): A template of what is said.
     """

    type_: ScoreModelGraderInputItemContentType2ItemType
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
        type_ = ScoreModelGraderInputItemContentType2ItemType(d.pop("type"))




        text = d.pop("text")

        score_model_grader_input_item_content_type_2_item = cls(
            type_=type_,
            text=text,
        )

        return score_model_grader_input_item_content_type_2_item

