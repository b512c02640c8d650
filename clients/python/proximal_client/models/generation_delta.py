from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.generation_delta_finish_reason_type_1 import GenerationDeltaFinishReasonType1
from ..models.generation_delta_finish_reason_type_2_type_1 import GenerationDeltaFinishReasonType2Type1
from ..models.generation_delta_finish_reason_type_3_type_1 import GenerationDeltaFinishReasonType3Type1
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="GenerationDelta")



@_attrs_define
class GenerationDelta:
    """ A piece of a completion; the last has its finish_reason

        Attributes:
            prompt_index (int): Which prompt it answers, from 0.
            index (int): Which of the prompt's completions it is, from 0.
            text (str): Without the token that ended it, and without what stop names.
            token_ids (list[int]): Its tokens, the one that ended it included.
            finish_reason (GenerationDeltaFinishReasonType1 | GenerationDeltaFinishReasonType2Type1 |
                GenerationDeltaFinishReasonType3Type1 | None): stop: a token or a text ended it; length: max_new_tokens or the
                model's context did.
            logprobs (list[float] | Unset): Of each token, at the request's temperature (at 1 when greedy), before top-k and
                top-p; where the request asks for them.
     """

    prompt_index: int
    index: int
    text: str
    token_ids: list[int]
    finish_reason: GenerationDeltaFinishReasonType1 | GenerationDeltaFinishReasonType2Type1 | GenerationDeltaFinishReasonType3Type1 | None
    logprobs: list[float] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        prompt_index = self.prompt_index

        index = self.index

        text = self.text

        token_ids = self.token_ids



        finish_reason: None | str
        if isinstance(self.finish_reason, GenerationDeltaFinishReasonType1):
            finish_reason = self.finish_reason.value
        elif isinstance(self.finish_reason, GenerationDeltaFinishReasonType2Type1):
            finish_reason = self.finish_reason.value
        elif isinstance(self.finish_reason, GenerationDeltaFinishReasonType3Type1):
            finish_reason = self.finish_reason.value
        else:
            finish_reason = self.finish_reason

        logprobs: list[float] | Unset = UNSET
        if not isinstance(self.logprobs, Unset):
            logprobs = self.logprobs




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "prompt_index": prompt_index,
            "index": index,
            "text": text,
            "token_ids": token_ids,
            "finish_reason": finish_reason,
        })
        if logprobs is not UNSET:
            field_dict["logprobs"] = logprobs

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt_index = d.pop("prompt_index")

        index = d.pop("index")

        text = d.pop("text")

        token_ids = cast(list[int], d.pop("token_ids"))


        def _parse_finish_reason(data: object) -> GenerationDeltaFinishReasonType1 | GenerationDeltaFinishReasonType2Type1 | GenerationDeltaFinishReasonType3Type1 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_1 = GenerationDeltaFinishReasonType1(data)



                return finish_reason_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_2_type_1 = GenerationDeltaFinishReasonType2Type1(data)



                return finish_reason_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_3_type_1 = GenerationDeltaFinishReasonType3Type1(data)



                return finish_reason_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(GenerationDeltaFinishReasonType1 | GenerationDeltaFinishReasonType2Type1 | GenerationDeltaFinishReasonType3Type1 | None, data)

        finish_reason = _parse_finish_reason(d.pop("finish_reason"))


        logprobs = cast(list[float], d.pop("logprobs", UNSET))


        generation_delta = cls(
            prompt_index=prompt_index,
            index=index,
            text=text,
            token_ids=token_ids,
            finish_reason=finish_reason,
            logprobs=logprobs,
        )


        generation_delta.additional_properties = d
        return generation_delta

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
