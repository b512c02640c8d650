from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.chat_completion_choices_item_message_role import ChatCompletionChoicesItemMessageRole
from typing import cast






T = TypeVar("T", bound="ChatCompletionChoicesItemMessage")



@_attrs_define
class ChatCompletionChoicesItemMessage:
    """ The answer.

        Attributes:
            role (ChatCompletionChoicesItemMessageRole): Who says it.
            content (str): What was answered.
            refusal (None | str): Always null.
     """

    role: ChatCompletionChoicesItemMessageRole
    content: str
    refusal: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        role = self.role.value

        content = self.content

        refusal: None | str
        refusal = self.refusal


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "role": role,
            "content": content,
            "refusal": refusal,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        role = ChatCompletionChoicesItemMessageRole(d.pop("role"))




        content = d.pop("content")

        def _parse_refusal(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        refusal = _parse_refusal(d.pop("refusal"))


        chat_completion_choices_item_message = cls(
            role=role,
            content=content,
            refusal=refusal,
        )


        chat_completion_choices_item_message.additional_properties = d
        return chat_completion_choices_item_message

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
