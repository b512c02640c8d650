from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.chat_prompt import ChatPrompt
  from ..models.text_prompt import TextPrompt





T = TypeVar("T", bound="CompletionExample")



@_attrs_define
class CompletionExample:
    """ 
        Attributes:
            prompt (ChatPrompt | str | TextPrompt): A text, or a text or a conversation with what goes beside it
            completion (str): What is to be said, without what ends it.
     """

    prompt: ChatPrompt | str | TextPrompt
    completion: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        prompt: dict[str, Any] | str
        if isinstance(self.prompt, TextPrompt):
            prompt = self.prompt.to_dict()
        elif isinstance(self.prompt, ChatPrompt):
            prompt = self.prompt.to_dict()
        else:
            prompt = self.prompt

        completion = self.completion


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "prompt": prompt,
            "completion": completion,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        d = dict(src_dict)
        def _parse_prompt(data: object) -> ChatPrompt | str | TextPrompt:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_prompt_type_1 = TextPrompt.from_dict(data)



                return componentsschemas_prompt_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_prompt_type_2 = ChatPrompt.from_dict(data)



                return componentsschemas_prompt_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatPrompt | str | TextPrompt, data)

        prompt = _parse_prompt(d.pop("prompt"))


        completion = d.pop("completion")

        completion_example = cls(
            prompt=prompt,
            completion=completion,
        )

        return completion_example

