from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.normalize_reward_type import NormalizeRewardType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.classifier_reward import ClassifierReward
  from ..models.clip_reward import ClipReward
  from ..models.exact_match_reward import ExactMatchReward
  from ..models.grader_reward import GraderReward
  from ..models.http_reward import HttpReward
  from ..models.json_valid_reward import JsonValidReward
  from ..models.keywords_reward import KeywordsReward
  from ..models.length_reward import LengthReward
  from ..models.model_reward import ModelReward
  from ..models.module_reward import ModuleReward
  from ..models.regex_reward import RegexReward
  from ..models.repetition_reward import RepetitionReward
  from ..models.scale_reward import ScaleReward
  from ..models.sum_reward import SumReward





T = TypeVar("T", bound="NormalizeReward")



@_attrs_define
class NormalizeReward:
    """ A reward less the mean of all that the job has had of it, over their standard deviation; in /v1/scores and
    evaluations, as it is

        Attributes:
            type_ (NormalizeRewardType): Which reward it is.
            reward (ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward |
                KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward |
                ScaleReward | SumReward): Where a completion's score comes from
            clip (float | None | Unset): What is further from 0 is this far, in deviations. Default null: nothing is.
     """

    type_: NormalizeRewardType
    reward: ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward
    clip: float | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.classifier_reward import ClassifierReward # noqa: PLC0415
        from ..models.clip_reward import ClipReward # noqa: PLC0415
        from ..models.exact_match_reward import ExactMatchReward # noqa: PLC0415
        from ..models.grader_reward import GraderReward # noqa: PLC0415
        from ..models.http_reward import HttpReward # noqa: PLC0415
        from ..models.json_valid_reward import JsonValidReward # noqa: PLC0415
        from ..models.keywords_reward import KeywordsReward # noqa: PLC0415
        from ..models.length_reward import LengthReward # noqa: PLC0415
        from ..models.model_reward import ModelReward # noqa: PLC0415
        from ..models.module_reward import ModuleReward # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        type_ = self.type_.value

        reward: dict[str, Any]
        if isinstance(self.reward, LengthReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, KeywordsReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, RegexReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, ExactMatchReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, JsonValidReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, RepetitionReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, ModelReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, ClassifierReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, HttpReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, ModuleReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, GraderReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, SumReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, ClipReward):
            reward = self.reward.to_dict()
        elif isinstance(self.reward, NormalizeReward):
            reward = self.reward.to_dict()
        else:
            reward = self.reward.to_dict()


        clip: float | None | Unset
        if isinstance(self.clip, Unset):
            clip = UNSET
        else:
            clip = self.clip


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "reward": reward,
        })
        if clip is not UNSET:
            field_dict["clip"] = clip

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.classifier_reward import ClassifierReward # noqa: PLC0415
        from ..models.clip_reward import ClipReward # noqa: PLC0415
        from ..models.exact_match_reward import ExactMatchReward # noqa: PLC0415
        from ..models.grader_reward import GraderReward # noqa: PLC0415
        from ..models.http_reward import HttpReward # noqa: PLC0415
        from ..models.json_valid_reward import JsonValidReward # noqa: PLC0415
        from ..models.keywords_reward import KeywordsReward # noqa: PLC0415
        from ..models.length_reward import LengthReward # noqa: PLC0415
        from ..models.model_reward import ModelReward # noqa: PLC0415
        from ..models.module_reward import ModuleReward # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        d = dict(src_dict)
        type_ = NormalizeRewardType(d.pop("type"))




        def _parse_reward(data: object) -> ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_0 = LengthReward.from_dict(data)



                return componentsschemas_reward_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_1 = KeywordsReward.from_dict(data)



                return componentsschemas_reward_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_2 = RegexReward.from_dict(data)



                return componentsschemas_reward_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_3 = ExactMatchReward.from_dict(data)



                return componentsschemas_reward_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_4 = JsonValidReward.from_dict(data)



                return componentsschemas_reward_type_4
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_5 = RepetitionReward.from_dict(data)



                return componentsschemas_reward_type_5
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_6 = ModelReward.from_dict(data)



                return componentsschemas_reward_type_6
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_7 = ClassifierReward.from_dict(data)



                return componentsschemas_reward_type_7
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_8 = HttpReward.from_dict(data)



                return componentsschemas_reward_type_8
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_9 = ModuleReward.from_dict(data)



                return componentsschemas_reward_type_9
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_10 = GraderReward.from_dict(data)



                return componentsschemas_reward_type_10
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_11 = SumReward.from_dict(data)



                return componentsschemas_reward_type_11
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_12 = ClipReward.from_dict(data)



                return componentsschemas_reward_type_12
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_13 = NormalizeReward.from_dict(data)



                return componentsschemas_reward_type_13
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_reward_type_14 = ScaleReward.from_dict(data)



            return componentsschemas_reward_type_14

        reward = _parse_reward(d.pop("reward"))


        def _parse_clip(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        clip = _parse_clip(d.pop("clip", UNSET))


        normalize_reward = cls(
            type_=type_,
            reward=reward,
            clip=clip,
        )

        return normalize_reward

