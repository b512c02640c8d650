from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.chat_completion_object import ChatCompletionObject
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_completion_choices_item import ChatCompletionChoicesItem
  from ..models.open_ai_usage import OpenAIUsage





T = TypeVar("T", bound="ChatCompletion")



@_attrs_define
class ChatCompletion:
    """ 
        Attributes:
            id (str): Of the request, for the log.
            created (int): Seconds since 1970.
            model (str): As the request names it.
            object_ (ChatCompletionObject): What this is.
            choices (list[ChatCompletionChoicesItem]): The completions.
            usage (OpenAIUsage): Tokens of the request
     """

    id: str
    created: int
    model: str
    object_: ChatCompletionObject
    choices: list[ChatCompletionChoicesItem]
    usage: OpenAIUsage
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_completion_choices_item import ChatCompletionChoicesItem # noqa: PLC0415
        from ..models.open_ai_usage import OpenAIUsage # noqa: PLC0415
        id = self.id

        created = self.created

        model = self.model

        object_ = self.object_.value

        choices = []
        for choices_item_data in self.choices:
            choices_item = choices_item_data.to_dict()
            choices.append(choices_item)



        usage = self.usage.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "created": created,
            "model": model,
            "object": object_,
            "choices": choices,
            "usage": usage,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_completion_choices_item import ChatCompletionChoicesItem # noqa: PLC0415
        from ..models.open_ai_usage import OpenAIUsage # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        created = d.pop("created")

        model = d.pop("model")

        object_ = ChatCompletionObject(d.pop("object"))




        choices = []
        _choices = d.pop("choices")
        for choices_item_data in (_choices):
            choices_item = ChatCompletionChoicesItem.from_dict(choices_item_data)



            choices.append(choices_item)


        usage = OpenAIUsage.from_dict(d.pop("usage"))




        chat_completion = cls(
            id=id,
            created=created,
            model=model,
            object_=object_,
            choices=choices,
            usage=usage,
        )


        chat_completion.additional_properties = d
        return chat_completion

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
