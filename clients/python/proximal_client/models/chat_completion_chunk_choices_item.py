from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.chat_completion_chunk_choices_item_finish_reason_type_1 import ChatCompletionChunkChoicesItemFinishReasonType1
from ..models.chat_completion_chunk_choices_item_finish_reason_type_2_type_1 import ChatCompletionChunkChoicesItemFinishReasonType2Type1
from ..models.chat_completion_chunk_choices_item_finish_reason_type_3_type_1 import ChatCompletionChunkChoicesItemFinishReasonType3Type1
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_completion_chunk_choices_item_delta import ChatCompletionChunkChoicesItemDelta
  from ..models.chat_logprobs_type_0 import ChatLogprobsType0





T = TypeVar("T", bound="ChatCompletionChunkChoicesItem")



@_attrs_define
class ChatCompletionChunkChoicesItem:
    """ 
        Attributes:
            index (int): Which completion it is, from 0.
            delta (ChatCompletionChunkChoicesItemDelta): What is new of the answer.
            logprobs (ChatLogprobsType0 | None): Null where the request does not ask.
            finish_reason (ChatCompletionChunkChoicesItemFinishReasonType1 |
                ChatCompletionChunkChoicesItemFinishReasonType2Type1 | ChatCompletionChunkChoicesItemFinishReasonType3Type1 |
                None): As in an answer; null until the last piece.
     """

    index: int
    delta: ChatCompletionChunkChoicesItemDelta
    logprobs: ChatLogprobsType0 | None
    finish_reason: ChatCompletionChunkChoicesItemFinishReasonType1 | ChatCompletionChunkChoicesItemFinishReasonType2Type1 | ChatCompletionChunkChoicesItemFinishReasonType3Type1 | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_completion_chunk_choices_item_delta import ChatCompletionChunkChoicesItemDelta # noqa: PLC0415
        from ..models.chat_logprobs_type_0 import ChatLogprobsType0 # noqa: PLC0415
        index = self.index

        delta = self.delta.to_dict()

        logprobs: dict[str, Any] | None
        if isinstance(self.logprobs, ChatLogprobsType0):
            logprobs = self.logprobs.to_dict()
        else:
            logprobs = self.logprobs

        finish_reason: None | str
        if isinstance(self.finish_reason, ChatCompletionChunkChoicesItemFinishReasonType1):
            finish_reason = self.finish_reason.value
        elif isinstance(self.finish_reason, ChatCompletionChunkChoicesItemFinishReasonType2Type1):
            finish_reason = self.finish_reason.value
        elif isinstance(self.finish_reason, ChatCompletionChunkChoicesItemFinishReasonType3Type1):
            finish_reason = self.finish_reason.value
        else:
            finish_reason = self.finish_reason


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "index": index,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": finish_reason,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_completion_chunk_choices_item_delta import ChatCompletionChunkChoicesItemDelta # noqa: PLC0415
        from ..models.chat_logprobs_type_0 import ChatLogprobsType0 # noqa: PLC0415
        d = dict(src_dict)
        index = d.pop("index")

        delta = ChatCompletionChunkChoicesItemDelta.from_dict(d.pop("delta"))




        def _parse_logprobs(data: object) -> ChatLogprobsType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_chat_logprobs_type_0 = ChatLogprobsType0.from_dict(data)



                return componentsschemas_chat_logprobs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatLogprobsType0 | None, data)

        logprobs = _parse_logprobs(d.pop("logprobs"))


        def _parse_finish_reason(data: object) -> ChatCompletionChunkChoicesItemFinishReasonType1 | ChatCompletionChunkChoicesItemFinishReasonType2Type1 | ChatCompletionChunkChoicesItemFinishReasonType3Type1 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_1 = ChatCompletionChunkChoicesItemFinishReasonType1(data)



                return finish_reason_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_2_type_1 = ChatCompletionChunkChoicesItemFinishReasonType2Type1(data)



                return finish_reason_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_3_type_1 = ChatCompletionChunkChoicesItemFinishReasonType3Type1(data)



                return finish_reason_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatCompletionChunkChoicesItemFinishReasonType1 | ChatCompletionChunkChoicesItemFinishReasonType2Type1 | ChatCompletionChunkChoicesItemFinishReasonType3Type1 | None, data)

        finish_reason = _parse_finish_reason(d.pop("finish_reason"))


        chat_completion_chunk_choices_item = cls(
            index=index,
            delta=delta,
            logprobs=logprobs,
            finish_reason=finish_reason,
        )


        chat_completion_chunk_choices_item.additional_properties = d
        return chat_completion_chunk_choices_item

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
