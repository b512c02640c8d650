from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

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
  from ..models.normalize_reward import NormalizeReward
  from ..models.regex_reward import RegexReward
  from ..models.repetition_reward import RepetitionReward
  from ..models.scale_reward import ScaleReward
  from ..models.score_text_item import ScoreTextItem
  from ..models.score_token_item import ScoreTokenItem
  from ..models.sum_reward import SumReward





T = TypeVar("T", bound="ScoreRequest")



@_attrs_define
class ScoreRequest:
    """ 
        Attributes:
            model (str): Name or id of a model; or a checkpoint's id, for its policy, or for the reward of its reward model.
            items (list[ScoreTextItem | ScoreTokenItem]): Completions to score.
            checkpoint (None | str | Unset): Id of a checkpoint of the model, whose weights are used. Default null: the bare
                model.
            adapter (None | str | Unset): Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.
            temperature (float | Unset): Temperature of every log-probability. Default 1. Default: 1.0.
            reward (ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward |
                KeywordsReward | LengthReward | ModelReward | ModuleReward | None | NormalizeReward | RegexReward |
                RepetitionReward | ScaleReward | SumReward | Unset): What scores them. Default null: nothing does.
            tokens (bool | Unset): Also answer each token's numbers. Default true. Default: True.
     """

    model: str
    items: list[ScoreTextItem | ScoreTokenItem]
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET
    temperature: float | Unset = 1.0
    reward: ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | None | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward | Unset = UNSET
    tokens: bool | Unset = True





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
        from ..models.normalize_reward import NormalizeReward # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.score_text_item import ScoreTextItem # noqa: PLC0415
        from ..models.score_token_item import ScoreTokenItem # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        model = self.model

        items = []
        for items_item_data in self.items:
            items_item: dict[str, Any]
            if isinstance(items_item_data, ScoreTextItem):
                items_item = items_item_data.to_dict()
            else:
                items_item = items_item_data.to_dict()

            items.append(items_item)



        checkpoint: None | str | Unset
        if isinstance(self.checkpoint, Unset):
            checkpoint = UNSET
        else:
            checkpoint = self.checkpoint

        adapter: None | str | Unset
        if isinstance(self.adapter, Unset):
            adapter = UNSET
        else:
            adapter = self.adapter

        temperature = self.temperature

        reward: dict[str, Any] | None | Unset
        if isinstance(self.reward, Unset):
            reward = UNSET
        elif isinstance(self.reward, LengthReward):
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
        elif isinstance(self.reward, ScaleReward):
            reward = self.reward.to_dict()
        else:
            reward = self.reward

        tokens = self.tokens


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "model": model,
            "items": items,
        })
        if checkpoint is not UNSET:
            field_dict["checkpoint"] = checkpoint
        if adapter is not UNSET:
            field_dict["adapter"] = adapter
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if reward is not UNSET:
            field_dict["reward"] = reward
        if tokens is not UNSET:
            field_dict["tokens"] = tokens

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
        from ..models.normalize_reward import NormalizeReward # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.score_text_item import ScoreTextItem # noqa: PLC0415
        from ..models.score_token_item import ScoreTokenItem # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        d = dict(src_dict)
        model = d.pop("model")

        items = []
        _items = d.pop("items")
        for items_item_data in (_items):
            def _parse_items_item(data: object) -> ScoreTextItem | ScoreTokenItem:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    items_item_type_0 = ScoreTextItem.from_dict(data)



                    return items_item_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                items_item_type_1 = ScoreTokenItem.from_dict(data)



                return items_item_type_1

            items_item = _parse_items_item(items_item_data)

            items.append(items_item)


        def _parse_checkpoint(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint", UNSET))


        def _parse_adapter(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        adapter = _parse_adapter(d.pop("adapter", UNSET))


        temperature = d.pop("temperature", UNSET)

        def _parse_reward(data: object) -> ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | None | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
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
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_reward_type_14 = ScaleReward.from_dict(data)



                return componentsschemas_reward_type_14
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | None | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward | Unset, data)

        reward = _parse_reward(d.pop("reward", UNSET))


        tokens = d.pop("tokens", UNSET)

        score_request = cls(
            model=model,
            items=items,
            checkpoint=checkpoint,
            adapter=adapter,
            temperature=temperature,
            reward=reward,
            tokens=tokens,
        )

        return score_request

