from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="OpenAIUsage")



@_attrs_define
class OpenAIUsage:
    """ Tokens of the request

        Attributes:
            prompt_tokens (int): Of each prompt once.
            completion_tokens (int): Of all completions.
            total_tokens (int): Both together.
            prefill_tokens_saved (int | Unset): Prompt tokens that were not run, because a completion of the same prompt had
                them run; left out for 0.
     """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prefill_tokens_saved: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        prompt_tokens = self.prompt_tokens

        completion_tokens = self.completion_tokens

        total_tokens = self.total_tokens

        prefill_tokens_saved = self.prefill_tokens_saved


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": total_tokens,
        })
        if prefill_tokens_saved is not UNSET:
            field_dict["prefill_tokens_saved"] = prefill_tokens_saved

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt_tokens = d.pop("prompt_tokens")

        completion_tokens = d.pop("completion_tokens")

        total_tokens = d.pop("total_tokens")

        prefill_tokens_saved = d.pop("prefill_tokens_saved", UNSET)

        open_ai_usage = cls(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            total_tokens=total_tokens,
            prefill_tokens_saved=prefill_tokens_saved,
        )


        open_ai_usage.additional_properties = d
        return open_ai_usage

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
