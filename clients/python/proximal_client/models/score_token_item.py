from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.score_token_item_item import ScoreTokenItemItem
  from ..models.score_token_item_metadata import ScoreTokenItemMetadata





T = TypeVar("T", bound="ScoreTokenItem")



@_attrs_define
class ScoreTokenItem:
    """ 
        Attributes:
            prompt_token_ids (list[int]): What is answered, as tokens.
            completion_token_ids (list[int]): What is scored, as tokens.
            answer (str | Unset): The right completion, for rewards that compare with one.
            item (ScoreTokenItemItem | Unset): Any JSON object of your own, which graders see as `item`; http and module
                rewards are told it. Example: {'label': 'yes'}.
            metadata (ScoreTokenItemMetadata | Unset): Up to 16 texts of your own, for rewards of yours.
     """

    prompt_token_ids: list[int]
    completion_token_ids: list[int]
    answer: str | Unset = UNSET
    item: ScoreTokenItemItem | Unset = UNSET
    metadata: ScoreTokenItemMetadata | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.score_token_item_item import ScoreTokenItemItem # noqa: PLC0415
        from ..models.score_token_item_metadata import ScoreTokenItemMetadata # noqa: PLC0415
        prompt_token_ids = self.prompt_token_ids



        completion_token_ids = self.completion_token_ids



        answer = self.answer

        item: dict[str, Any] | Unset = UNSET
        if not isinstance(self.item, Unset):
            item = self.item.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "prompt_token_ids": prompt_token_ids,
            "completion_token_ids": completion_token_ids,
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
        from ..models.score_token_item_item import ScoreTokenItemItem # noqa: PLC0415
        from ..models.score_token_item_metadata import ScoreTokenItemMetadata # noqa: PLC0415
        d = dict(src_dict)
        prompt_token_ids = cast(list[int], d.pop("prompt_token_ids"))


        completion_token_ids = cast(list[int], d.pop("completion_token_ids"))


        answer = d.pop("answer", UNSET)

        _item = d.pop("item", UNSET)
        item: ScoreTokenItemItem | Unset
        if isinstance(_item,  Unset):
            item = UNSET
        else:
            item = ScoreTokenItemItem.from_dict(_item)




        _metadata = d.pop("metadata", UNSET)
        metadata: ScoreTokenItemMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = ScoreTokenItemMetadata.from_dict(_metadata)




        score_token_item = cls(
            prompt_token_ids=prompt_token_ids,
            completion_token_ids=completion_token_ids,
            answer=answer,
            item=item,
            metadata=metadata,
        )

        return score_token_item

