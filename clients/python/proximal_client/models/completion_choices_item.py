from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.completion_choices_item_finish_reason_type_1 import CompletionChoicesItemFinishReasonType1
from ..models.completion_choices_item_finish_reason_type_2_type_1 import CompletionChoicesItemFinishReasonType2Type1
from ..models.completion_choices_item_finish_reason_type_3_type_1 import CompletionChoicesItemFinishReasonType3Type1
from typing import cast

if TYPE_CHECKING:
  from ..models.completion_choices_item_logprobs_type_0 import CompletionChoicesItemLogprobsType0





T = TypeVar("T", bound="CompletionChoicesItem")



@_attrs_define
class CompletionChoicesItem:
    """ 
        Attributes:
            text (str): The completion; with echo behind its prompt.
            index (int): Completions of the first prompt come first.
            logprobs (CompletionChoicesItemLogprobsType0 | None): Null where the request does not ask.
            finish_reason (CompletionChoicesItemFinishReasonType1 | CompletionChoicesItemFinishReasonType2Type1 |
                CompletionChoicesItemFinishReasonType3Type1 | None): stop: a token or a text ended it; length: max_tokens or the
                context did; null until the last piece of a stream.
     """

    text: str
    index: int
    logprobs: CompletionChoicesItemLogprobsType0 | None
    finish_reason: CompletionChoicesItemFinishReasonType1 | CompletionChoicesItemFinishReasonType2Type1 | CompletionChoicesItemFinishReasonType3Type1 | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.completion_choices_item_logprobs_type_0 import CompletionChoicesItemLogprobsType0 # noqa: PLC0415
        text = self.text

        index = self.index

        logprobs: dict[str, Any] | None
        if isinstance(self.logprobs, CompletionChoicesItemLogprobsType0):
            logprobs = self.logprobs.to_dict()
        else:
            logprobs = self.logprobs

        finish_reason: None | str
        if isinstance(self.finish_reason, CompletionChoicesItemFinishReasonType1):
            finish_reason = self.finish_reason.value
        elif isinstance(self.finish_reason, CompletionChoicesItemFinishReasonType2Type1):
            finish_reason = self.finish_reason.value
        elif isinstance(self.finish_reason, CompletionChoicesItemFinishReasonType3Type1):
            finish_reason = self.finish_reason.value
        else:
            finish_reason = self.finish_reason


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "text": text,
            "index": index,
            "logprobs": logprobs,
            "finish_reason": finish_reason,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.completion_choices_item_logprobs_type_0 import CompletionChoicesItemLogprobsType0 # noqa: PLC0415
        d = dict(src_dict)
        text = d.pop("text")

        index = d.pop("index")

        def _parse_logprobs(data: object) -> CompletionChoicesItemLogprobsType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                logprobs_type_0 = CompletionChoicesItemLogprobsType0.from_dict(data)



                return logprobs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CompletionChoicesItemLogprobsType0 | None, data)

        logprobs = _parse_logprobs(d.pop("logprobs"))


        def _parse_finish_reason(data: object) -> CompletionChoicesItemFinishReasonType1 | CompletionChoicesItemFinishReasonType2Type1 | CompletionChoicesItemFinishReasonType3Type1 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_1 = CompletionChoicesItemFinishReasonType1(data)



                return finish_reason_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_2_type_1 = CompletionChoicesItemFinishReasonType2Type1(data)



                return finish_reason_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_3_type_1 = CompletionChoicesItemFinishReasonType3Type1(data)



                return finish_reason_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CompletionChoicesItemFinishReasonType1 | CompletionChoicesItemFinishReasonType2Type1 | CompletionChoicesItemFinishReasonType3Type1 | None, data)

        finish_reason = _parse_finish_reason(d.pop("finish_reason"))


        completion_choices_item = cls(
            text=text,
            index=index,
            logprobs=logprobs,
            finish_reason=finish_reason,
        )


        completion_choices_item.additional_properties = d
        return completion_choices_item

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
