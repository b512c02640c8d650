from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.chat_completion_chunk_object import ChatCompletionChunkObject
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_completion_chunk_choices_item import ChatCompletionChunkChoicesItem
  from ..models.open_ai_usage import OpenAIUsage





T = TypeVar("T", bound="ChatCompletionChunk")



@_attrs_define
class ChatCompletionChunk:
    """ 
        Attributes:
            id (str): Of the request, for the log.
            created (int): Seconds since 1970.
            model (str): As the request names it.
            object_ (ChatCompletionChunkObject): What this is.
            choices (list[ChatCompletionChunkChoicesItem]): A piece of one completion; none beside usage.
            usage (None | OpenAIUsage | Unset): In the last event, where the request asks for it.
     """

    id: str
    created: int
    model: str
    object_: ChatCompletionChunkObject
    choices: list[ChatCompletionChunkChoicesItem]
    usage: None | OpenAIUsage | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_completion_chunk_choices_item import ChatCompletionChunkChoicesItem # noqa: PLC0415
        from ..models.open_ai_usage import OpenAIUsage # noqa: PLC0415
        id = self.id

        created = self.created

        model = self.model

        object_ = self.object_.value

        choices = []
        for choices_item_data in self.choices:
            choices_item = choices_item_data.to_dict()
            choices.append(choices_item)



        usage: dict[str, Any] | None | Unset
        if isinstance(self.usage, Unset):
            usage = UNSET
        elif isinstance(self.usage, OpenAIUsage):
            usage = self.usage.to_dict()
        else:
            usage = self.usage


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "created": created,
            "model": model,
            "object": object_,
            "choices": choices,
        })
        if usage is not UNSET:
            field_dict["usage"] = usage

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_completion_chunk_choices_item import ChatCompletionChunkChoicesItem # noqa: PLC0415
        from ..models.open_ai_usage import OpenAIUsage # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        created = d.pop("created")

        model = d.pop("model")

        object_ = ChatCompletionChunkObject(d.pop("object"))




        choices = []
        _choices = d.pop("choices")
        for choices_item_data in (_choices):
            choices_item = ChatCompletionChunkChoicesItem.from_dict(choices_item_data)



            choices.append(choices_item)


        def _parse_usage(data: object) -> None | OpenAIUsage | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                usage_type_0 = OpenAIUsage.from_dict(data)



                return usage_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | OpenAIUsage | Unset, data)

        usage = _parse_usage(d.pop("usage", UNSET))


        chat_completion_chunk = cls(
            id=id,
            created=created,
            model=model,
            object_=object_,
            choices=choices,
            usage=usage,
        )


        chat_completion_chunk.additional_properties = d
        return chat_completion_chunk

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
