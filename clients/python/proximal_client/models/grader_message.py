from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grader_message_role import GraderMessageRole
from ..models.grader_message_type import GraderMessageType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.grader_input_text import GraderInputText





T = TypeVar("T", bound="GraderMessage")



@_attrs_define
class GraderMessage:
    """ 
        Attributes:
            role (GraderMessageRole): Who says it.
            content (GraderInputText | list[GraderInputText] | str): A template, or one or several in parts.
            type_ (GraderMessageType | Unset): A message; there is nothing else.
     """

    role: GraderMessageRole
    content: GraderInputText | list[GraderInputText] | str
    type_: GraderMessageType | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.grader_input_text import GraderInputText # noqa: PLC0415
        role = self.role.value

        content: dict[str, Any] | list[dict[str, Any]] | str
        if isinstance(self.content, GraderInputText):
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
        from ..models.grader_input_text import GraderInputText # noqa: PLC0415
        d = dict(src_dict)
        role = GraderMessageRole(d.pop("role"))




        def _parse_content(data: object) -> GraderInputText | list[GraderInputText] | str:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                content_type_1 = GraderInputText.from_dict(data)



                return content_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                content_type_2 = []
                _content_type_2 = data
                for content_type_2_item_data in (_content_type_2):
                    content_type_2_item = GraderInputText.from_dict(content_type_2_item_data)



                    content_type_2.append(content_type_2_item)

                return content_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(GraderInputText | list[GraderInputText] | str, data)

        content = _parse_content(d.pop("content"))


        _type_ = d.pop("type", UNSET)
        type_: GraderMessageType | Unset
        if isinstance(_type_,  Unset):
            type_ = UNSET
        else:
            type_ = GraderMessageType(_type_)




        grader_message = cls(
            role=role,
            content=content,
            type_=type_,
        )

        return grader_message

