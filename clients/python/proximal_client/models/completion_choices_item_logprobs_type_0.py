from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.completion_choices_item_logprobs_type_0_top_logprobs_type_0_item_type_0 import CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0





T = TypeVar("T", bound="CompletionChoicesItemLogprobsType0")



@_attrs_define
class CompletionChoicesItemLogprobsType0:
    """ Null where the request does not ask.

        Attributes:
            tokens (list[str]): Each token's text.
            token_logprobs (list[float | None]): null for the first token of a prompt.
            top_logprobs (list[CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 | None] | None): Of each place
                the most likely tokens, by their texts; null where none are asked for.
            text_offset (list[int]): In UTF-16 units of the choice's text, before a stop string's cut.
     """

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 | None] | None
    text_offset: list[int]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.completion_choices_item_logprobs_type_0_top_logprobs_type_0_item_type_0 import CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 # noqa: PLC0415
        tokens = self.tokens



        token_logprobs = []
        for token_logprobs_item_data in self.token_logprobs:
            token_logprobs_item: float | None
            token_logprobs_item = token_logprobs_item_data
            token_logprobs.append(token_logprobs_item)



        top_logprobs: list[dict[str, Any] | None] | None
        if isinstance(self.top_logprobs, list):
            top_logprobs = []
            for top_logprobs_type_0_item_data in self.top_logprobs:
                top_logprobs_type_0_item: dict[str, Any] | None
                if isinstance(top_logprobs_type_0_item_data, CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0):
                    top_logprobs_type_0_item = top_logprobs_type_0_item_data.to_dict()
                else:
                    top_logprobs_type_0_item = top_logprobs_type_0_item_data
                top_logprobs.append(top_logprobs_type_0_item)


        else:
            top_logprobs = self.top_logprobs

        text_offset = self.text_offset




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "tokens": tokens,
            "token_logprobs": token_logprobs,
            "top_logprobs": top_logprobs,
            "text_offset": text_offset,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.completion_choices_item_logprobs_type_0_top_logprobs_type_0_item_type_0 import CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 # noqa: PLC0415
        d = dict(src_dict)
        tokens = cast(list[str], d.pop("tokens"))


        token_logprobs = []
        _token_logprobs = d.pop("token_logprobs")
        for token_logprobs_item_data in (_token_logprobs):
            def _parse_token_logprobs_item(data: object) -> float | None:
                if data is None:
                    return data
                return cast(float | None, data)

            token_logprobs_item = _parse_token_logprobs_item(token_logprobs_item_data)

            token_logprobs.append(token_logprobs_item)


        def _parse_top_logprobs(data: object) -> list[CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 | None] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                top_logprobs_type_0 = []
                _top_logprobs_type_0 = data
                for top_logprobs_type_0_item_data in (_top_logprobs_type_0):
                    def _parse_top_logprobs_type_0_item(data: object) -> CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 | None:
                        if data is None:
                            return data
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            top_logprobs_type_0_item_type_0 = CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0.from_dict(data)



                            return top_logprobs_type_0_item_type_0
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        return cast(CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 | None, data)

                    top_logprobs_type_0_item = _parse_top_logprobs_type_0_item(top_logprobs_type_0_item_data)

                    top_logprobs_type_0.append(top_logprobs_type_0_item)

                return top_logprobs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[CompletionChoicesItemLogprobsType0TopLogprobsType0ItemType0 | None] | None, data)

        top_logprobs = _parse_top_logprobs(d.pop("top_logprobs"))


        text_offset = cast(list[int], d.pop("text_offset"))


        completion_choices_item_logprobs_type_0 = cls(
            tokens=tokens,
            token_logprobs=token_logprobs,
            top_logprobs=top_logprobs,
            text_offset=text_offset,
        )


        completion_choices_item_logprobs_type_0.additional_properties = d
        return completion_choices_item_logprobs_type_0

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
