from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.text_prompt_item import TextPromptItem
  from ..models.text_prompt_metadata import TextPromptMetadata





T = TypeVar("T", bound="TextPrompt")



@_attrs_define
class TextPrompt:
    """ 
        Attributes:
            text (str): What the model goes on with.
            id (str | Unset): Your own name for the prompt; kept, never interpreted.
            answer (str | Unset): The right completion, for exact_match rewards; http and module rewards are told it.
            item (TextPromptItem | Unset): Any JSON object of your own, which graders see as `item`; http and module rewards
                are told it. Example: {'label': 'yes'}.
            metadata (TextPromptMetadata | Unset): Up to 16 texts of your own, sent with the prompt's completions to an http
                reward.
     """

    text: str
    id: str | Unset = UNSET
    answer: str | Unset = UNSET
    item: TextPromptItem | Unset = UNSET
    metadata: TextPromptMetadata | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.text_prompt_item import TextPromptItem # noqa: PLC0415
        from ..models.text_prompt_metadata import TextPromptMetadata # noqa: PLC0415
        text = self.text

        id = self.id

        answer = self.answer

        item: dict[str, Any] | Unset = UNSET
        if not isinstance(self.item, Unset):
            item = self.item.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "text": text,
        })
        if id is not UNSET:
            field_dict["id"] = id
        if answer is not UNSET:
            field_dict["answer"] = answer
        if item is not UNSET:
            field_dict["item"] = item
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.text_prompt_item import TextPromptItem # noqa: PLC0415
        from ..models.text_prompt_metadata import TextPromptMetadata # noqa: PLC0415
        d = dict(src_dict)
        text = d.pop("text")

        id = d.pop("id", UNSET)

        answer = d.pop("answer", UNSET)

        _item = d.pop("item", UNSET)
        item: TextPromptItem | Unset
        if isinstance(_item,  Unset):
            item = UNSET
        else:
            item = TextPromptItem.from_dict(_item)




        _metadata = d.pop("metadata", UNSET)
        metadata: TextPromptMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = TextPromptMetadata.from_dict(_metadata)




        text_prompt = cls(
            text=text,
            id=id,
            answer=answer,
            item=item,
            metadata=metadata,
        )

        return text_prompt

