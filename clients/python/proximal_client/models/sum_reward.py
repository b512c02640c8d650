from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.sum_reward_type import SumRewardType
from typing import cast

if TYPE_CHECKING:
  from ..models.sum_reward_terms_item import SumRewardTermsItem





T = TypeVar("T", bound="SumReward")



@_attrs_define
class SumReward:
    """ Weighted sum of rewards

        Attributes:
            type_ (SumRewardType): Which reward it is.
            terms (list[SumRewardTermsItem]): The rewards that are added.
     """

    type_: SumRewardType
    terms: list[SumRewardTermsItem]





    def to_dict(self) -> dict[str, Any]:
        from ..models.sum_reward_terms_item import SumRewardTermsItem # noqa: PLC0415
        type_ = self.type_.value

        terms = []
        for terms_item_data in self.terms:
            terms_item = terms_item_data.to_dict()
            terms.append(terms_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "terms": terms,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.sum_reward_terms_item import SumRewardTermsItem # noqa: PLC0415
        d = dict(src_dict)
        type_ = SumRewardType(d.pop("type"))




        terms = []
        _terms = d.pop("terms")
        for terms_item_data in (_terms):
            terms_item = SumRewardTermsItem.from_dict(terms_item_data)



            terms.append(terms_item)


        sum_reward = cls(
            type_=type_,
            terms=terms,
        )

        return sum_reward

