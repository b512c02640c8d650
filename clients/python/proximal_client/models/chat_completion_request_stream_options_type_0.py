from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ChatCompletionRequestStreamOptionsType0")



@_attrs_define
class ChatCompletionRequestStreamOptionsType0:
    """ Of a stream alone.

        Attributes:
            include_usage (bool | None | Unset): Whether the tokens of the request come last. Default false. Default: False.
            include_obfuscation (Any | Unset): Not supported: include_obfuscation must be left out, null or neutral.
     """

    include_usage: bool | None | Unset = False
    include_obfuscation: Any | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        include_usage: bool | None | Unset
        if isinstance(self.include_usage, Unset):
            include_usage = UNSET
        else:
            include_usage = self.include_usage

        include_obfuscation = self.include_obfuscation


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if include_usage is not UNSET:
            field_dict["include_usage"] = include_usage
        if include_obfuscation is not UNSET:
            field_dict["include_obfuscation"] = include_obfuscation

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_include_usage(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        include_usage = _parse_include_usage(d.pop("include_usage", UNSET))


        include_obfuscation = d.pop("include_obfuscation", UNSET)

        chat_completion_request_stream_options_type_0 = cls(
            include_usage=include_usage,
            include_obfuscation=include_obfuscation,
        )

        return chat_completion_request_stream_options_type_0

