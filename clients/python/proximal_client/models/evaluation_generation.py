from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="EvaluationGeneration")



@_attrs_define
class EvaluationGeneration:
    """ How completions are drawn

        Attributes:
            max_new_tokens (int | Unset): Longest completion, in tokens, the token that ends it included. Default 50.
                Default: 50.
            temperature (float | Unset): Sampling temperature, used for every log-probability too; 0 is greedy, with log-
                probabilities at 1. Default 1. Default: 1.0.
            top_k (int | Unset): Default 0: off. Default: 0.
            top_p (float | Unset): Default 1: off. Default: 1.0.
            stop_token_ids (list[int] | Unset): Token ids that end a completion beside the model's own end-of-sequence ids.
                Default none.
     """

    max_new_tokens: int | Unset = 50
    temperature: float | Unset = 1.0
    top_k: int | Unset = 0
    top_p: float | Unset = 1.0
    stop_token_ids: list[int] | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        max_new_tokens = self.max_new_tokens

        temperature = self.temperature

        top_k = self.top_k

        top_p = self.top_p

        stop_token_ids: list[int] | Unset = UNSET
        if not isinstance(self.stop_token_ids, Unset):
            stop_token_ids = self.stop_token_ids




        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if max_new_tokens is not UNSET:
            field_dict["max_new_tokens"] = max_new_tokens
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_k is not UNSET:
            field_dict["top_k"] = top_k
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if stop_token_ids is not UNSET:
            field_dict["stop_token_ids"] = stop_token_ids

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_new_tokens = d.pop("max_new_tokens", UNSET)

        temperature = d.pop("temperature", UNSET)

        top_k = d.pop("top_k", UNSET)

        top_p = d.pop("top_p", UNSET)

        stop_token_ids = cast(list[int], d.pop("stop_token_ids", UNSET))


        evaluation_generation = cls(
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            stop_token_ids=stop_token_ids,
        )

        return evaluation_generation

