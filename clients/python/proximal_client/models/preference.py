from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_prompt import ChatPrompt
  from ..models.message import Message
  from ..models.text_prompt import TextPrompt





T = TypeVar("T", bound="Preference")



@_attrs_define
class Preference:
    """ 
        Attributes:
            chosen (list[Message] | str): The better answer: a text, or messages of which the last is the assistant's and is
                what is judged.
            rejected (list[Message] | str): The worse one, in the same form.
            prompt (ChatPrompt | list[Message] | None | str | TextPrompt | Unset): What both answer; beside messages, a text
                is the user's. Default null: chosen and rejected are whole texts, or conversations that begin with it.
            margin (float | Unset): By how much the chosen one's score should at least be the higher. Default 0. Default:
                0.0.
     """

    chosen: list[Message] | str
    rejected: list[Message] | str
    prompt: ChatPrompt | list[Message] | None | str | TextPrompt | Unset = UNSET
    margin: float | Unset = 0.0





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        chosen: list[dict[str, Any]] | str
        if isinstance(self.chosen, list):
            chosen = []
            for chosen_type_1_item_data in self.chosen:
                chosen_type_1_item = chosen_type_1_item_data.to_dict()
                chosen.append(chosen_type_1_item)


        else:
            chosen = self.chosen

        rejected: list[dict[str, Any]] | str
        if isinstance(self.rejected, list):
            rejected = []
            for rejected_type_1_item_data in self.rejected:
                rejected_type_1_item = rejected_type_1_item_data.to_dict()
                rejected.append(rejected_type_1_item)


        else:
            rejected = self.rejected

        prompt: dict[str, Any] | list[dict[str, Any]] | None | str | Unset
        if isinstance(self.prompt, Unset):
            prompt = UNSET
        elif isinstance(self.prompt, TextPrompt):
            prompt = self.prompt.to_dict()
        elif isinstance(self.prompt, ChatPrompt):
            prompt = self.prompt.to_dict()
        elif isinstance(self.prompt, list):
            prompt = []
            for prompt_type_3_item_data in self.prompt:
                prompt_type_3_item = prompt_type_3_item_data.to_dict()
                prompt.append(prompt_type_3_item)


        else:
            prompt = self.prompt

        margin = self.margin


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "chosen": chosen,
            "rejected": rejected,
        })
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if margin is not UNSET:
            field_dict["margin"] = margin

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        d = dict(src_dict)
        def _parse_chosen(data: object) -> list[Message] | str:
            try:
                if not isinstance(data, list):
                    raise TypeError()
                chosen_type_1 = []
                _chosen_type_1 = data
                for chosen_type_1_item_data in (_chosen_type_1):
                    chosen_type_1_item = Message.from_dict(chosen_type_1_item_data)



                    chosen_type_1.append(chosen_type_1_item)

                return chosen_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Message] | str, data)

        chosen = _parse_chosen(d.pop("chosen"))


        def _parse_rejected(data: object) -> list[Message] | str:
            try:
                if not isinstance(data, list):
                    raise TypeError()
                rejected_type_1 = []
                _rejected_type_1 = data
                for rejected_type_1_item_data in (_rejected_type_1):
                    rejected_type_1_item = Message.from_dict(rejected_type_1_item_data)



                    rejected_type_1.append(rejected_type_1_item)

                return rejected_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Message] | str, data)

        rejected = _parse_rejected(d.pop("rejected"))


        def _parse_prompt(data: object) -> ChatPrompt | list[Message] | None | str | TextPrompt | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                prompt_type_1 = TextPrompt.from_dict(data)



                return prompt_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                prompt_type_2 = ChatPrompt.from_dict(data)



                return prompt_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                prompt_type_3 = []
                _prompt_type_3 = data
                for prompt_type_3_item_data in (_prompt_type_3):
                    prompt_type_3_item = Message.from_dict(prompt_type_3_item_data)



                    prompt_type_3.append(prompt_type_3_item)

                return prompt_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatPrompt | list[Message] | None | str | TextPrompt | Unset, data)

        prompt = _parse_prompt(d.pop("prompt", UNSET))


        margin = d.pop("margin", UNSET)

        preference = cls(
            chosen=chosen,
            rejected=rejected,
            prompt=prompt,
            margin=margin,
        )

        return preference

