from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.score_model_grader_input_item_role import ScoreModelGraderInputItemRole
from ..models.score_model_grader_input_item_type import ScoreModelGraderInputItemType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.score_model_grader_input_item_content_type_1 import ScoreModelGraderInputItemContentType1
  from ..models.score_model_grader_input_item_content_type_2_item import ScoreModelGraderInputItemContentType2Item





T = TypeVar("T", bound="ScoreModelGraderInputItem")



@_attrs_define
class ScoreModelGraderInputItem:
    """ 
        Attributes:
            role (ScoreModelGraderInputItemRole): Who says it.
            content (list[ScoreModelGraderInputItemContentType2Item] | ScoreModelGraderInputItemContentType1 | str): A
                template, or one or several in parts.
            type_ (ScoreModelGraderInputItemType | Unset): A message; there is nothing else.
     """

    role: ScoreModelGraderInputItemRole
    content: list[ScoreModelGraderInputItemContentType2Item] | ScoreModelGraderInputItemContentType1 | str
    type_: ScoreModelGraderInputItemType | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.score_model_grader_input_item_content_type_1 import ScoreModelGraderInputItemContentType1 # noqa: PLC0415
        from ..models.score_model_grader_input_item_content_type_2_item import ScoreModelGraderInputItemContentType2Item # noqa: PLC0415
        role = self.role.value

        content: dict[str, Any] | list[dict[str, Any]] | str
        if isinstance(self.content, ScoreModelGraderInputItemContentType1):
            content = self.content.to_dict()
        elif isinstance(self.content, list):
            content = []
            for content_type_2_item_data in self.content:
                content_type_2_item = content_type_2_item_data.to_dict()
                content.append(content_type_2_item)


        else:
            content = self.content

        type_: str | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_.value



        field_dict: dict[str, Any] = {}

        field_dict.update({
            "role": role,
            "content": content,
        })
        if type_ is not UNSET:
            field_dict["type"] = type_

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.score_model_grader_input_item_content_type_1 import ScoreModelGraderInputItemContentType1 # noqa: PLC0415
        from ..models.score_model_grader_input_item_content_type_2_item import ScoreModelGraderInputItemContentType2Item # noqa: PLC0415
        d = dict(src_dict)
        role = ScoreModelGraderInputItemRole(d.pop("role"))




        def _parse_content(data: object) -> list[ScoreModelGraderInputItemContentType2Item] | ScoreModelGraderInputItemContentType1 | str:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                content_type_1 = ScoreModelGraderInputItemContentType1.from_dict(data)



                return content_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                content_type_2 = []
                _content_type_2 = data
                for content_type_2_item_data in (_content_type_2):
                    content_type_2_item = ScoreModelGraderInputItemContentType2Item.from_dict(content_type_2_item_data)



                    content_type_2.append(content_type_2_item)

                return content_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ScoreModelGraderInputItemContentType2Item] | ScoreModelGraderInputItemContentType1 | str, data)

        content = _parse_content(d.pop("content"))


        _type_ = d.pop("type", UNSET)
        type_: ScoreModelGraderInputItemType | Unset
        if isinstance(_type_,  Unset):
            type_ = UNSET
        else:
            type_ = ScoreModelGraderInputItemType(_type_)




        score_model_grader_input_item = cls(
            role=role,
            content=content,
            type_=type_,
        )

        return score_model_grader_input_item

