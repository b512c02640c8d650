from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.grader_result_metadata import GraderResultMetadata
  from ..models.grader_result_model_grader_token_usage_per_model import GraderResultModelGraderTokenUsagePerModel
  from ..models.grader_result_sub_rewards import GraderResultSubRewards





T = TypeVar("T", bound="GraderResult")



@_attrs_define
class GraderResult:
    """ 
        Attributes:
            reward (float): What the grader gives; 0 where it failed.
            sub_rewards (GraderResultSubRewards): Of a multi grader: what each of its graders gave.
            model_grader_token_usage_per_model (GraderResultModelGraderTokenUsagePerModel): Tokens of each judge that was
                asked.
            metadata (GraderResultMetadata): How it went.
     """

    reward: float
    sub_rewards: GraderResultSubRewards
    model_grader_token_usage_per_model: GraderResultModelGraderTokenUsagePerModel
    metadata: GraderResultMetadata
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.grader_result_metadata import GraderResultMetadata # noqa: PLC0415
        from ..models.grader_result_model_grader_token_usage_per_model import GraderResultModelGraderTokenUsagePerModel # noqa: PLC0415
        from ..models.grader_result_sub_rewards import GraderResultSubRewards # noqa: PLC0415
        reward = self.reward

        sub_rewards = self.sub_rewards.to_dict()

        model_grader_token_usage_per_model = self.model_grader_token_usage_per_model.to_dict()

        metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "reward": reward,
            "sub_rewards": sub_rewards,
            "model_grader_token_usage_per_model": model_grader_token_usage_per_model,
            "metadata": metadata,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.grader_result_metadata import GraderResultMetadata # noqa: PLC0415
        from ..models.grader_result_model_grader_token_usage_per_model import GraderResultModelGraderTokenUsagePerModel # noqa: PLC0415
        from ..models.grader_result_sub_rewards import GraderResultSubRewards # noqa: PLC0415
        d = dict(src_dict)
        reward = d.pop("reward")

        sub_rewards = GraderResultSubRewards.from_dict(d.pop("sub_rewards"))




        model_grader_token_usage_per_model = GraderResultModelGraderTokenUsagePerModel.from_dict(d.pop("model_grader_token_usage_per_model"))




        metadata = GraderResultMetadata.from_dict(d.pop("metadata"))




        grader_result = cls(
            reward=reward,
            sub_rewards=sub_rewards,
            model_grader_token_usage_per_model=model_grader_token_usage_per_model,
            metadata=metadata,
        )


        grader_result.additional_properties = d
        return grader_result

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
