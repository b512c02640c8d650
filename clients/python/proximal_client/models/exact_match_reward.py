from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.exact_match_reward_type import ExactMatchRewardType
from ..types import UNSET, Unset






T = TypeVar("T", bound="ExactMatchReward")



@_attrs_define
class ExactMatchReward:
    """ 1 if the completion is the answer, else 0; surrounding white space does not count

        Attributes:
            type_ (ExactMatchRewardType): Which reward it is.
            answer (str | Unset): The right completion for every prompt. Without it each prompt must have its own answer.
            case_sensitive (bool | Unset): Whether A and a differ. Default true. Default: True.
     """

    type_: ExactMatchRewardType
    answer: str | Unset = UNSET
    case_sensitive: bool | Unset = True





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        answer = self.answer

        case_sensitive = self.case_sensitive


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if answer is not UNSET:
            field_dict["answer"] = answer
        if case_sensitive is not UNSET:
            field_dict["case_sensitive"] = case_sensitive

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = ExactMatchRewardType(d.pop("type"))




        answer = d.pop("answer", UNSET)

        case_sensitive = d.pop("case_sensitive", UNSET)

        exact_match_reward = cls(
            type_=type_,
            answer=answer,
            case_sensitive=case_sensitive,
        )

        return exact_match_reward

