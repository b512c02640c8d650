from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.evaluation_request_base_precision_type_1 import EvaluationRequestBasePrecisionType1
from ..models.evaluation_request_base_precision_type_2_type_1 import EvaluationRequestBasePrecisionType2Type1
from ..models.evaluation_request_base_precision_type_3_type_1 import EvaluationRequestBasePrecisionType3Type1
from ..models.evaluation_request_kind import EvaluationRequestKind
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_prompt import ChatPrompt
  from ..models.classifier_reward import ClassifierReward
  from ..models.clip_reward import ClipReward
  from ..models.evaluation_generation import EvaluationGeneration
  from ..models.evaluation_request_columns_type_0 import EvaluationRequestColumnsType0
  from ..models.evaluation_request_metadata import EvaluationRequestMetadata
  from ..models.exact_match_reward import ExactMatchReward
  from ..models.grader_reward import GraderReward
  from ..models.http_reward import HttpReward
  from ..models.job_webhook import JobWebhook
  from ..models.json_valid_reward import JsonValidReward
  from ..models.keywords_reward import KeywordsReward
  from ..models.length_reward import LengthReward
  from ..models.model_reward import ModelReward
  from ..models.module_reward import ModuleReward
  from ..models.normalize_reward import NormalizeReward
  from ..models.regex_reward import RegexReward
  from ..models.repetition_reward import RepetitionReward
  from ..models.scale_reward import ScaleReward
  from ..models.sum_reward import SumReward
  from ..models.text_prompt import TextPrompt





T = TypeVar("T", bound="EvaluationRequest")



@_attrs_define
class EvaluationRequest:
    """ 
        Attributes:
            model (str): Name or id of the model.
            reward (ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward |
                KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward |
                ScaleReward | SumReward): Where a completion's score comes from
            kind (EvaluationRequestKind | Unset): What is done. Default: EvaluationRequestKind.EVALUATION.
            checkpoint (None | str | Unset): The checkpoint to evaluate. Default null: the bare model.
            adapter (None | str | Unset): Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.
            against (None | str | Unset): What it is compared with, on the same prompts with the same random numbers: base,
                the bare model, or the id of another checkpoint of the model; null: nothing. Default base where a checkpoint or
                an adapter is evaluated, else null.
            prompts (list[ChatPrompt | str | TextPrompt] | Unset): What to answer, if no dataset has it; at least one.
            dataset (None | str | Unset): Id of a dataset whose rows stand for those of the request. Default null: they are
                in the request.
            columns (EvaluationRequestColumnsType0 | None | Unset): Names of the dataset's columns by what they are read as,
                where the two differ: { prompt: question }. A name with dots reaches into objects; null leaves a field out.
                Default null: columns have the fields' names.
            samples_per_prompt (int | Unset): Completions of each prompt. Default 1. Default: 1.
            batch_size (int | Unset): Prompts per step, which are sampled together; changes memory and time, not results.
                Default 8. Default: 8.
            generation (EvaluationGeneration | Unset): How completions are drawn
            checkpoint_every_steps (int | Unset): Keep what there is every this many steps: at most this many are lost in a
                crash. Default 8. Default: 8.
            max_attempts (int | Unset): How many attempts may end by a crash, a stall or want of memory until the job fails;
                each continues from the newest checkpoint. Default 3. Default: 3.
            device (None | str | Unset): cpu, cuda, or a GPU by its index, cuda:1. Refused if it cannot be had. Default
                null: the server's DEVICE.
            base_precision (EvaluationRequestBasePrecisionType1 | EvaluationRequestBasePrecisionType2Type1 |
                EvaluationRequestBasePrecisionType3Type1 | None | Unset): What the frozen matrices of layers and head are held
                and multiplied as, for policy, reference, value network and rollouts alike. int8: 8 bits, faster and smaller on
                a CPU, at a cost in exactness; needs trainable.type lora. bfloat16 and float16: layers compute in 16 bits, on a
                GPU; the head stays float32. Default null: float32 (exact) on a CPU, bfloat16 on a GPU.
            seed (int | Unset): Two runs of one seed are equal on one machine's CPU. Default 0. Default: 0.
            webhook (JobWebhook | None | Unset): Where this job's events are posted to, beside the webhooks for all jobs.
                Default null: nowhere.
            metadata (EvaluationRequestMetadata | Unset): Up to 16 texts of your own, kept with the job.
     """

    model: str
    reward: ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward
    kind: EvaluationRequestKind | Unset = EvaluationRequestKind.EVALUATION
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET
    against: None | str | Unset = UNSET
    prompts: list[ChatPrompt | str | TextPrompt] | Unset = UNSET
    dataset: None | str | Unset = UNSET
    columns: EvaluationRequestColumnsType0 | None | Unset = UNSET
    samples_per_prompt: int | Unset = 1
    batch_size: int | Unset = 8
    generation: EvaluationGeneration | Unset = UNSET
    checkpoint_every_steps: int | Unset = 8
    max_attempts: int | Unset = 3
    device: None | str | Unset = UNSET
    base_precision: EvaluationRequestBasePrecisionType1 | EvaluationRequestBasePrecisionType2Type1 | EvaluationRequestBasePrecisionType3Type1 | None | Unset = UNSET
    seed: int | Unset = 0
    webhook: JobWebhook | None | Unset = UNSET
    metadata: EvaluationRequestMetadata | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.classifier_reward import ClassifierReward # noqa: PLC0415
        from ..models.clip_reward import ClipReward # noqa: PLC0415
        from ..models.evaluation_generation import EvaluationGeneration # noqa: PLC0415
        from ..models.evaluation_request_columns_type_0 import EvaluationRequestColumnsType0 # noqa: PLC0415
        from ..models.evaluation_request_metadata import EvaluationRequestMetadata # noqa: PLC0415
        from ..models.exact_match_reward import ExactMatchReward # noqa: PLC0415
        from ..models.grader_reward import GraderReward # noqa: PLC0415
        from ..models.http_reward import HttpReward # noqa: PLC0415
        from ..models.job_webhook import JobWebhook # noqa: PLC0415
        from ..models.json_valid_reward import JsonValidReward # noqa: PLC0415
        from ..models.keywords_reward import KeywordsReward # noqa: PLC0415
        from ..models.length_reward import LengthReward # noqa: PLC0415
        from ..models.model_reward import ModelReward # noqa: PLC0415
        from ..models.module_reward import ModuleReward # noqa: PLC0415
        from ..models.normalize_reward import NormalizeReward # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        model = self.model

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


        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind.value


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

        against: None | str | Unset
        if isinstance(self.against, Unset):
            against = UNSET
        else:
            against = self.against

        prompts: list[dict[str, Any] | str] | Unset = UNSET
        if not isinstance(self.prompts, Unset):
            prompts = []
            for prompts_item_data in self.prompts:
                prompts_item: dict[str, Any] | str
                if isinstance(prompts_item_data, TextPrompt):
                    prompts_item = prompts_item_data.to_dict()
                elif isinstance(prompts_item_data, ChatPrompt):
                    prompts_item = prompts_item_data.to_dict()
                else:
                    prompts_item = prompts_item_data
                prompts.append(prompts_item)



        dataset: None | str | Unset
        if isinstance(self.dataset, Unset):
            dataset = UNSET
        else:
            dataset = self.dataset

        columns: dict[str, Any] | None | Unset
        if isinstance(self.columns, Unset):
            columns = UNSET
        elif isinstance(self.columns, EvaluationRequestColumnsType0):
            columns = self.columns.to_dict()
        else:
            columns = self.columns

        samples_per_prompt = self.samples_per_prompt

        batch_size = self.batch_size

        generation: dict[str, Any] | Unset = UNSET
        if not isinstance(self.generation, Unset):
            generation = self.generation.to_dict()

        checkpoint_every_steps = self.checkpoint_every_steps

        max_attempts = self.max_attempts

        device: None | str | Unset
        if isinstance(self.device, Unset):
            device = UNSET
        else:
            device = self.device

        base_precision: None | str | Unset
        if isinstance(self.base_precision, Unset):
            base_precision = UNSET
        elif isinstance(self.base_precision, EvaluationRequestBasePrecisionType1):
            base_precision = self.base_precision.value
        elif isinstance(self.base_precision, EvaluationRequestBasePrecisionType2Type1):
            base_precision = self.base_precision.value
        elif isinstance(self.base_precision, EvaluationRequestBasePrecisionType3Type1):
            base_precision = self.base_precision.value
        else:
            base_precision = self.base_precision

        seed = self.seed

        webhook: dict[str, Any] | None | Unset
        if isinstance(self.webhook, Unset):
            webhook = UNSET
        elif isinstance(self.webhook, JobWebhook):
            webhook = self.webhook.to_dict()
        else:
            webhook = self.webhook

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "model": model,
            "reward": reward,
        })
        if kind is not UNSET:
            field_dict["kind"] = kind
        if checkpoint is not UNSET:
            field_dict["checkpoint"] = checkpoint
        if adapter is not UNSET:
            field_dict["adapter"] = adapter
        if against is not UNSET:
            field_dict["against"] = against
        if prompts is not UNSET:
            field_dict["prompts"] = prompts
        if dataset is not UNSET:
            field_dict["dataset"] = dataset
        if columns is not UNSET:
            field_dict["columns"] = columns
        if samples_per_prompt is not UNSET:
            field_dict["samples_per_prompt"] = samples_per_prompt
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if generation is not UNSET:
            field_dict["generation"] = generation
        if checkpoint_every_steps is not UNSET:
            field_dict["checkpoint_every_steps"] = checkpoint_every_steps
        if max_attempts is not UNSET:
            field_dict["max_attempts"] = max_attempts
        if device is not UNSET:
            field_dict["device"] = device
        if base_precision is not UNSET:
            field_dict["base_precision"] = base_precision
        if seed is not UNSET:
            field_dict["seed"] = seed
        if webhook is not UNSET:
            field_dict["webhook"] = webhook
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_prompt import ChatPrompt # noqa: PLC0415
        from ..models.classifier_reward import ClassifierReward # noqa: PLC0415
        from ..models.clip_reward import ClipReward # noqa: PLC0415
        from ..models.evaluation_generation import EvaluationGeneration # noqa: PLC0415
        from ..models.evaluation_request_columns_type_0 import EvaluationRequestColumnsType0 # noqa: PLC0415
        from ..models.evaluation_request_metadata import EvaluationRequestMetadata # noqa: PLC0415
        from ..models.exact_match_reward import ExactMatchReward # noqa: PLC0415
        from ..models.grader_reward import GraderReward # noqa: PLC0415
        from ..models.http_reward import HttpReward # noqa: PLC0415
        from ..models.job_webhook import JobWebhook # noqa: PLC0415
        from ..models.json_valid_reward import JsonValidReward # noqa: PLC0415
        from ..models.keywords_reward import KeywordsReward # noqa: PLC0415
        from ..models.length_reward import LengthReward # noqa: PLC0415
        from ..models.model_reward import ModelReward # noqa: PLC0415
        from ..models.module_reward import ModuleReward # noqa: PLC0415
        from ..models.normalize_reward import NormalizeReward # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        from ..models.text_prompt import TextPrompt # noqa: PLC0415
        d = dict(src_dict)
        model = d.pop("model")

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


        _kind = d.pop("kind", UNSET)
        kind: EvaluationRequestKind | Unset
        if isinstance(_kind,  Unset):
            kind = UNSET
        else:
            kind = EvaluationRequestKind(_kind)




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


        def _parse_against(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        against = _parse_against(d.pop("against", UNSET))


        _prompts = d.pop("prompts", UNSET)
        prompts: list[ChatPrompt | str | TextPrompt] | Unset = UNSET
        if _prompts is not UNSET:
            prompts = []
            for prompts_item_data in _prompts:
                def _parse_prompts_item(data: object) -> ChatPrompt | str | TextPrompt:
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_prompt_type_1 = TextPrompt.from_dict(data)



                        return componentsschemas_prompt_type_1
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        componentsschemas_prompt_type_2 = ChatPrompt.from_dict(data)



                        return componentsschemas_prompt_type_2
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    return cast(ChatPrompt | str | TextPrompt, data)

                prompts_item = _parse_prompts_item(prompts_item_data)

                prompts.append(prompts_item)


        def _parse_dataset(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        dataset = _parse_dataset(d.pop("dataset", UNSET))


        def _parse_columns(data: object) -> EvaluationRequestColumnsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                columns_type_0 = EvaluationRequestColumnsType0.from_dict(data)



                return columns_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EvaluationRequestColumnsType0 | None | Unset, data)

        columns = _parse_columns(d.pop("columns", UNSET))


        samples_per_prompt = d.pop("samples_per_prompt", UNSET)

        batch_size = d.pop("batch_size", UNSET)

        _generation = d.pop("generation", UNSET)
        generation: EvaluationGeneration | Unset
        if isinstance(_generation,  Unset):
            generation = UNSET
        else:
            generation = EvaluationGeneration.from_dict(_generation)




        checkpoint_every_steps = d.pop("checkpoint_every_steps", UNSET)

        max_attempts = d.pop("max_attempts", UNSET)

        def _parse_device(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device = _parse_device(d.pop("device", UNSET))


        def _parse_base_precision(data: object) -> EvaluationRequestBasePrecisionType1 | EvaluationRequestBasePrecisionType2Type1 | EvaluationRequestBasePrecisionType3Type1 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_1 = EvaluationRequestBasePrecisionType1(data)



                return base_precision_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_2_type_1 = EvaluationRequestBasePrecisionType2Type1(data)



                return base_precision_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_3_type_1 = EvaluationRequestBasePrecisionType3Type1(data)



                return base_precision_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EvaluationRequestBasePrecisionType1 | EvaluationRequestBasePrecisionType2Type1 | EvaluationRequestBasePrecisionType3Type1 | None | Unset, data)

        base_precision = _parse_base_precision(d.pop("base_precision", UNSET))


        seed = d.pop("seed", UNSET)

        def _parse_webhook(data: object) -> JobWebhook | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                webhook_type_0 = JobWebhook.from_dict(data)



                return webhook_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobWebhook | None | Unset, data)

        webhook = _parse_webhook(d.pop("webhook", UNSET))


        _metadata = d.pop("metadata", UNSET)
        metadata: EvaluationRequestMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = EvaluationRequestMetadata.from_dict(_metadata)




        evaluation_request = cls(
            model=model,
            reward=reward,
            kind=kind,
            checkpoint=checkpoint,
            adapter=adapter,
            against=against,
            prompts=prompts,
            dataset=dataset,
            columns=columns,
            samples_per_prompt=samples_per_prompt,
            batch_size=batch_size,
            generation=generation,
            checkpoint_every_steps=checkpoint_every_steps,
            max_attempts=max_attempts,
            device=device,
            base_precision=base_precision,
            seed=seed,
            webhook=webhook,
            metadata=metadata,
        )

        return evaluation_request

