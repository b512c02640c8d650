from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="GenerationTokenPrompt")



@_attrs_define
class GenerationTokenPrompt:
    """ 
        Attributes:
            token_ids (list[int]): What the model goes on with.
            checkpoint (None | str | Unset): For this prompt. Default: the request's.
            adapter (None | str | Unset): For this prompt. Default: the request's.
     """

    token_ids: list[int]
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        token_ids = self.token_ids



        checkpoint: None | str | Unset
        if isinstance(self.checkpoint, Unset):
            checkpoint = UNSET
        else:
            checkpoint = self.checkpoint

        adapter: None | str | Unset
        if isinstance(self.adapter, Unset):
            adapter = UNSET
        else:
            adapter = self.adapter


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "token_ids": token_ids,
        })
        if checkpoint is not UNSET:
            field_dict["checkpoint"] = checkpoint
        if adapter is not UNSET:
            field_dict["adapter"] = adapter

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token_ids = cast(list[int], d.pop("token_ids"))


        def _parse_checkpoint(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint", UNSET))


        def _parse_adapter(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        adapter = _parse_adapter(d.pop("adapter", UNSET))


        generation_token_prompt = cls(
            token_ids=token_ids,
            checkpoint=checkpoint,
            adapter=adapter,
        )

        return generation_token_prompt

