from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.score_text_item_item import ScoreTextItemItem
  from ..models.score_text_item_metadata import ScoreTextItemMetadata





T = TypeVar("T", bound="ScoreTextItem")



@_attrs_define
class ScoreTextItem:
    """ 
        Attributes:
            prompt (str): What is answered.
            completion (str): What is scored.
            answer (str | Unset): The right completion, for rewards that compare with one.
            item (ScoreTextItemItem | Unset): Any JSON object of your own, which graders see as `item`; http and module
                rewards are told it. Example: {'label': 'yes'}.
            metadata (ScoreTextItemMetadata | Unset): Up to 16 texts of your own, for rewards of yours.
     """

    prompt: str
    completion: str
    answer: str | Unset = UNSET
    item: ScoreTextItemItem | Unset = UNSET
    metadata: ScoreTextItemMetadata | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.score_text_item_item import ScoreTextItemItem # noqa: PLC0415
        from ..models.score_text_item_metadata import ScoreTextItemMetadata # noqa: PLC0415
        prompt = self.prompt

        completion = self.completion

        answer = self.answer

        item: dict[str, Any] | Unset = UNSET
        if not isinstance(self.item, Unset):
            item = self.item.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "prompt": prompt,
            "completion": completion,
        })
        if answer is not UNSET:
            field_dict["answer"] = answer
        if item is not UNSET:
            field_dict["item"] = item
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.score_text_item_item import ScoreTextItemItem # noqa: PLC0415
        from ..models.score_text_item_metadata import ScoreTextItemMetadata # noqa: PLC0415
        d = dict(src_dict)
        prompt = d.pop("prompt")

        completion = d.pop("completion")

        answer = d.pop("answer", UNSET)

        _item = d.pop("item", UNSET)
        item: ScoreTextItemItem | Unset
        if isinstance(_item,  Unset):
            item = UNSET
        else:
            item = ScoreTextItemItem.from_dict(_item)




        _metadata = d.pop("metadata", UNSET)
        metadata: ScoreTextItemMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = ScoreTextItemMetadata.from_dict(_metadata)




        score_text_item = cls(
            prompt=prompt,
            completion=completion,
            answer=answer,
            item=item,
            metadata=metadata,
        )

        return score_text_item

