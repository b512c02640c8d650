from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.ppo_job_config_base_precision_type_1 import PpoJobConfigBasePrecisionType1
from ..models.ppo_job_config_base_precision_type_2_type_1 import PpoJobConfigBasePrecisionType2Type1
from ..models.ppo_job_config_base_precision_type_3_type_1 import PpoJobConfigBasePrecisionType3Type1
from ..models.ppo_job_config_kind import PpoJobConfigKind
from ..models.ppo_job_config_rollout_precision_type_1 import PpoJobConfigRolloutPrecisionType1
from ..models.ppo_job_config_rollout_precision_type_2_type_1 import PpoJobConfigRolloutPrecisionType2Type1
from ..models.ppo_job_config_rollout_precision_type_3_type_1 import PpoJobConfigRolloutPrecisionType3Type1
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.classifier_reward import ClassifierReward
  from ..models.clip_reward import ClipReward
  from ..models.early_stop import EarlyStop
  from ..models.evaluate import Evaluate
  from ..models.exact_match_reward import ExactMatchReward
  from ..models.full_trainable import FullTrainable
  from ..models.grader_reward import GraderReward
  from ..models.http_reward import HttpReward
  from ..models.job_webhook import JobWebhook
  from ..models.json_valid_reward import JsonValidReward
  from ..models.keep import Keep
  from ..models.keywords_reward import KeywordsReward
  from ..models.length_reward import LengthReward
  from ..models.lora_trainable import LoraTrainable
  from ..models.model_reward import ModelReward
  from ..models.module_reward import ModuleReward
  from ..models.normalize_reward import NormalizeReward
  from ..models.ppo_config import PpoConfig
  from ..models.ppo_job_config_columns_type_0 import PpoJobConfigColumnsType0
  from ..models.ppo_job_config_metadata import PpoJobConfigMetadata
  from ..models.records import Records
  from ..models.regex_reward import RegexReward
  from ..models.repetition_reward import RepetitionReward
  from ..models.rollouts import Rollouts
  from ..models.scale_reward import ScaleReward
  from ..models.separate_value import SeparateValue
  from ..models.shared_value import SharedValue
  from ..models.sum_reward import SumReward





T = TypeVar("T", bound="PpoJobConfig")



@_attrs_define
class PpoJobConfig:
    """ Of a PPO job

        Attributes:
            kind (PpoJobConfigKind): What is done.
            model (str): Name or id of the model to train.
            reward (ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward |
                KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward |
                ScaleReward | SumReward): Where a completion's score comes from
            checkpoint (None | str | Unset): Checkpoint to start from instead of the bare model.
            adapter (None | str | Unset): Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.
                Its layers are those that are trained; trainable.r and alpha must be its own, and trainable.layers, if given.
            dataset (None | str | Unset): Id of a dataset whose rows stand for those of the request. Default null: they are
                in the request.
            columns (None | PpoJobConfigColumnsType0 | Unset): Names of the dataset's columns by what they are read as,
                where the two differ: { prompt: question }. A name with dots reaches into objects; null leaves a field out.
                Default null: columns have the fields' names.
            epochs (int | Unset): Passes over the prompts, in a new order each. Default 1. Default: 1.
            checkpoint_every_steps (int | None | Unset): Write a checkpoint every this many steps too, to resume from after
                a crash: at most this many steps are lost. Default null: after each epoch, and on a pause.
            keep (Keep | None | Unset): Which checkpoints stay once newer ones are there; the newest two always do. Default
                null: all.
            early_stop (EarlyStop | None | Unset): End the job, succeeded, when a metric gets no better. Default null: it
                does all its steps.
            replicas (int | Unset): Processes that train the job, each its share of the rows of every batch. What it comes
                to is the same but for the order in which gradients are added. More than 1 needs a server whose LAUNCHER can
                place them. Default 1. Default: 1.
            max_attempts (int | Unset): How many attempts may end by a crash, a stall or want of memory until the job fails;
                each continues from the newest checkpoint. Default 3. Default: 3.
            ppo (PpoConfig | Unset): How the policy is sampled and trained
            trainable (FullTrainable | LoraTrainable | Unset): Which weights a job changes
            value (None | SeparateValue | SharedValue | Unset): The value network, which ppo.advantage gae learns from.
                Default separate; null for the other methods, which have none.
            device (None | str | Unset): cpu, cuda, or a GPU by its index, cuda:1. Refused if it cannot be had. Default
                null: the server's DEVICE.
            base_precision (None | PpoJobConfigBasePrecisionType1 | PpoJobConfigBasePrecisionType2Type1 |
                PpoJobConfigBasePrecisionType3Type1 | Unset): What the frozen matrices of layers and head are held and
                multiplied as, for policy, reference, value network and rollouts alike. int8: 8 bits, faster and smaller on a
                CPU, at a cost in exactness; needs trainable.type lora. bfloat16 and float16: layers compute in 16 bits, on a
                GPU; the head stays float32. Default null: float32 (exact) on a CPU, bfloat16 on a GPU.
            rollout_precision (None | PpoJobConfigRolloutPrecisionType1 | PpoJobConfigRolloutPrecisionType2Type1 |
                PpoJobConfigRolloutPrecisionType3Type1 | Unset): int8 samples with 8-bit weights beside a float32 base; what is
                trained on is measured in base_precision either way, and rollout_gap/* says how far the two are apart. Needs
                trainable.type lora, and a CPU. Default null: base_precision.
            rollouts (None | Rollouts | Unset): A server with OpenAI's completions (vLLM, llama.cpp's) that samples the
                rollouts; docs/rollouts.md says which servers can follow the policy. What is trained on is measured by the job's
                own engine either way, and rollout_gap/* says how far the two are apart. Runs are not repeated to the byte then.
                Needs trainable.type lora. Default null: the job's engine samples.
            evaluate (Evaluate | None | Unset): Evaluate the policy on the way: before the first step, as often as this
                says, and after the last. Nothing of the training depends on it but which prompts are held out. Default null:
                not.
            records (Records | Unset): What a job keeps of its rollouts
            seed (int | Unset): Two runs of one seed are equal on one machine's CPU. Default 0. Default: 0.
            webhook (JobWebhook | None | Unset): Where this job's events are posted to, beside the webhooks for all jobs.
                Default null: nowhere.
            metadata (PpoJobConfigMetadata | Unset): Up to 16 texts of your own, kept with the job.
     """

    kind: PpoJobConfigKind
    model: str
    reward: ClassifierReward | ClipReward | ExactMatchReward | GraderReward | HttpReward | JsonValidReward | KeywordsReward | LengthReward | ModelReward | ModuleReward | NormalizeReward | RegexReward | RepetitionReward | ScaleReward | SumReward
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET
    dataset: None | str | Unset = UNSET
    columns: None | PpoJobConfigColumnsType0 | Unset = UNSET
    epochs: int | Unset = 1
    checkpoint_every_steps: int | None | Unset = UNSET
    keep: Keep | None | Unset = UNSET
    early_stop: EarlyStop | None | Unset = UNSET
    replicas: int | Unset = 1
    max_attempts: int | Unset = 3
    ppo: PpoConfig | Unset = UNSET
    trainable: FullTrainable | LoraTrainable | Unset = UNSET
    value: None | SeparateValue | SharedValue | Unset = UNSET
    device: None | str | Unset = UNSET
    base_precision: None | PpoJobConfigBasePrecisionType1 | PpoJobConfigBasePrecisionType2Type1 | PpoJobConfigBasePrecisionType3Type1 | Unset = UNSET
    rollout_precision: None | PpoJobConfigRolloutPrecisionType1 | PpoJobConfigRolloutPrecisionType2Type1 | PpoJobConfigRolloutPrecisionType3Type1 | Unset = UNSET
    rollouts: None | Rollouts | Unset = UNSET
    evaluate: Evaluate | None | Unset = UNSET
    records: Records | Unset = UNSET
    seed: int | Unset = 0
    webhook: JobWebhook | None | Unset = UNSET
    metadata: PpoJobConfigMetadata | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.classifier_reward import ClassifierReward # noqa: PLC0415
        from ..models.clip_reward import ClipReward # noqa: PLC0415
        from ..models.early_stop import EarlyStop # noqa: PLC0415
        from ..models.evaluate import Evaluate # noqa: PLC0415
        from ..models.exact_match_reward import ExactMatchReward # noqa: PLC0415
        from ..models.full_trainable import FullTrainable # noqa: PLC0415
        from ..models.grader_reward import GraderReward # noqa: PLC0415
        from ..models.http_reward import HttpReward # noqa: PLC0415
        from ..models.job_webhook import JobWebhook # noqa: PLC0415
        from ..models.json_valid_reward import JsonValidReward # noqa: PLC0415
        from ..models.keep import Keep # noqa: PLC0415
        from ..models.keywords_reward import KeywordsReward # noqa: PLC0415
        from ..models.length_reward import LengthReward # noqa: PLC0415
        from ..models.lora_trainable import LoraTrainable # noqa: PLC0415
        from ..models.model_reward import ModelReward # noqa: PLC0415
        from ..models.module_reward import ModuleReward # noqa: PLC0415
        from ..models.normalize_reward import NormalizeReward # noqa: PLC0415
        from ..models.ppo_config import PpoConfig # noqa: PLC0415
        from ..models.ppo_job_config_columns_type_0 import PpoJobConfigColumnsType0 # noqa: PLC0415
        from ..models.ppo_job_config_metadata import PpoJobConfigMetadata # noqa: PLC0415
        from ..models.records import Records # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.rollouts import Rollouts # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.separate_value import SeparateValue # noqa: PLC0415
        from ..models.shared_value import SharedValue # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        kind = self.kind.value

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

        dataset: None | str | Unset
        if isinstance(self.dataset, Unset):
            dataset = UNSET
        else:
            dataset = self.dataset

        columns: dict[str, Any] | None | Unset
        if isinstance(self.columns, Unset):
            columns = UNSET
        elif isinstance(self.columns, PpoJobConfigColumnsType0):
            columns = self.columns.to_dict()
        else:
            columns = self.columns

        epochs = self.epochs

        checkpoint_every_steps: int | None | Unset
        if isinstance(self.checkpoint_every_steps, Unset):
            checkpoint_every_steps = UNSET
        else:
            checkpoint_every_steps = self.checkpoint_every_steps

        keep: dict[str, Any] | None | Unset
        if isinstance(self.keep, Unset):
            keep = UNSET
        elif isinstance(self.keep, Keep):
            keep = self.keep.to_dict()
        else:
            keep = self.keep

        early_stop: dict[str, Any] | None | Unset
        if isinstance(self.early_stop, Unset):
            early_stop = UNSET
        elif isinstance(self.early_stop, EarlyStop):
            early_stop = self.early_stop.to_dict()
        else:
            early_stop = self.early_stop

        replicas = self.replicas

        max_attempts = self.max_attempts

        ppo: dict[str, Any] | Unset = UNSET
        if not isinstance(self.ppo, Unset):
            ppo = self.ppo.to_dict()

        trainable: dict[str, Any] | Unset
        if isinstance(self.trainable, Unset):
            trainable = UNSET
        elif isinstance(self.trainable, LoraTrainable):
            trainable = self.trainable.to_dict()
        else:
            trainable = self.trainable.to_dict()


        value: dict[str, Any] | None | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        elif isinstance(self.value, SeparateValue):
            value = self.value.to_dict()
        elif isinstance(self.value, SharedValue):
            value = self.value.to_dict()
        else:
            value = self.value

        device: None | str | Unset
        if isinstance(self.device, Unset):
            device = UNSET
        else:
            device = self.device

        base_precision: None | str | Unset
        if isinstance(self.base_precision, Unset):
            base_precision = UNSET
        elif isinstance(self.base_precision, PpoJobConfigBasePrecisionType1):
            base_precision = self.base_precision.value
        elif isinstance(self.base_precision, PpoJobConfigBasePrecisionType2Type1):
            base_precision = self.base_precision.value
        elif isinstance(self.base_precision, PpoJobConfigBasePrecisionType3Type1):
            base_precision = self.base_precision.value
        else:
            base_precision = self.base_precision

        rollout_precision: None | str | Unset
        if isinstance(self.rollout_precision, Unset):
            rollout_precision = UNSET
        elif isinstance(self.rollout_precision, PpoJobConfigRolloutPrecisionType1):
            rollout_precision = self.rollout_precision.value
        elif isinstance(self.rollout_precision, PpoJobConfigRolloutPrecisionType2Type1):
            rollout_precision = self.rollout_precision.value
        elif isinstance(self.rollout_precision, PpoJobConfigRolloutPrecisionType3Type1):
            rollout_precision = self.rollout_precision.value
        else:
            rollout_precision = self.rollout_precision

        rollouts: dict[str, Any] | None | Unset
        if isinstance(self.rollouts, Unset):
            rollouts = UNSET
        elif isinstance(self.rollouts, Rollouts):
            rollouts = self.rollouts.to_dict()
        else:
            rollouts = self.rollouts

        evaluate: dict[str, Any] | None | Unset
        if isinstance(self.evaluate, Unset):
            evaluate = UNSET
        elif isinstance(self.evaluate, Evaluate):
            evaluate = self.evaluate.to_dict()
        else:
            evaluate = self.evaluate

        records: dict[str, Any] | Unset = UNSET
        if not isinstance(self.records, Unset):
            records = self.records.to_dict()

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
        field_dict.update(self.additional_properties)
        field_dict.update({
            "kind": kind,
            "model": model,
            "reward": reward,
        })
        if checkpoint is not UNSET:
            field_dict["checkpoint"] = checkpoint
        if adapter is not UNSET:
            field_dict["adapter"] = adapter
        if dataset is not UNSET:
            field_dict["dataset"] = dataset
        if columns is not UNSET:
            field_dict["columns"] = columns
        if epochs is not UNSET:
            field_dict["epochs"] = epochs
        if checkpoint_every_steps is not UNSET:
            field_dict["checkpoint_every_steps"] = checkpoint_every_steps
        if keep is not UNSET:
            field_dict["keep"] = keep
        if early_stop is not UNSET:
            field_dict["early_stop"] = early_stop
        if replicas is not UNSET:
            field_dict["replicas"] = replicas
        if max_attempts is not UNSET:
            field_dict["max_attempts"] = max_attempts
        if ppo is not UNSET:
            field_dict["ppo"] = ppo
        if trainable is not UNSET:
            field_dict["trainable"] = trainable
        if value is not UNSET:
            field_dict["value"] = value
        if device is not UNSET:
            field_dict["device"] = device
        if base_precision is not UNSET:
            field_dict["base_precision"] = base_precision
        if rollout_precision is not UNSET:
            field_dict["rollout_precision"] = rollout_precision
        if rollouts is not UNSET:
            field_dict["rollouts"] = rollouts
        if evaluate is not UNSET:
            field_dict["evaluate"] = evaluate
        if records is not UNSET:
            field_dict["records"] = records
        if seed is not UNSET:
            field_dict["seed"] = seed
        if webhook is not UNSET:
            field_dict["webhook"] = webhook
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.classifier_reward import ClassifierReward # noqa: PLC0415
        from ..models.clip_reward import ClipReward # noqa: PLC0415
        from ..models.early_stop import EarlyStop # noqa: PLC0415
        from ..models.evaluate import Evaluate # noqa: PLC0415
        from ..models.exact_match_reward import ExactMatchReward # noqa: PLC0415
        from ..models.full_trainable import FullTrainable # noqa: PLC0415
        from ..models.grader_reward import GraderReward # noqa: PLC0415
        from ..models.http_reward import HttpReward # noqa: PLC0415
        from ..models.job_webhook import JobWebhook # noqa: PLC0415
        from ..models.json_valid_reward import JsonValidReward # noqa: PLC0415
        from ..models.keep import Keep # noqa: PLC0415
        from ..models.keywords_reward import KeywordsReward # noqa: PLC0415
        from ..models.length_reward import LengthReward # noqa: PLC0415
        from ..models.lora_trainable import LoraTrainable # noqa: PLC0415
        from ..models.model_reward import ModelReward # noqa: PLC0415
        from ..models.module_reward import ModuleReward # noqa: PLC0415
        from ..models.normalize_reward import NormalizeReward # noqa: PLC0415
        from ..models.ppo_config import PpoConfig # noqa: PLC0415
        from ..models.ppo_job_config_columns_type_0 import PpoJobConfigColumnsType0 # noqa: PLC0415
        from ..models.ppo_job_config_metadata import PpoJobConfigMetadata # noqa: PLC0415
        from ..models.records import Records # noqa: PLC0415
        from ..models.regex_reward import RegexReward # noqa: PLC0415
        from ..models.repetition_reward import RepetitionReward # noqa: PLC0415
        from ..models.rollouts import Rollouts # noqa: PLC0415
        from ..models.scale_reward import ScaleReward # noqa: PLC0415
        from ..models.separate_value import SeparateValue # noqa: PLC0415
        from ..models.shared_value import SharedValue # noqa: PLC0415
        from ..models.sum_reward import SumReward # noqa: PLC0415
        d = dict(src_dict)
        kind = PpoJobConfigKind(d.pop("kind"))




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


        def _parse_dataset(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        dataset = _parse_dataset(d.pop("dataset", UNSET))


        def _parse_columns(data: object) -> None | PpoJobConfigColumnsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                columns_type_0 = PpoJobConfigColumnsType0.from_dict(data)



                return columns_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PpoJobConfigColumnsType0 | Unset, data)

        columns = _parse_columns(d.pop("columns", UNSET))


        epochs = d.pop("epochs", UNSET)

        def _parse_checkpoint_every_steps(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        checkpoint_every_steps = _parse_checkpoint_every_steps(d.pop("checkpoint_every_steps", UNSET))


        def _parse_keep(data: object) -> Keep | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                keep_type_0 = Keep.from_dict(data)



                return keep_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Keep | None | Unset, data)

        keep = _parse_keep(d.pop("keep", UNSET))


        def _parse_early_stop(data: object) -> EarlyStop | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                early_stop_type_0 = EarlyStop.from_dict(data)



                return early_stop_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EarlyStop | None | Unset, data)

        early_stop = _parse_early_stop(d.pop("early_stop", UNSET))


        replicas = d.pop("replicas", UNSET)

        max_attempts = d.pop("max_attempts", UNSET)

        _ppo = d.pop("ppo", UNSET)
        ppo: PpoConfig | Unset
        if isinstance(_ppo,  Unset):
            ppo = UNSET
        else:
            ppo = PpoConfig.from_dict(_ppo)




        def _parse_trainable(data: object) -> FullTrainable | LoraTrainable | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_trainable_type_0 = LoraTrainable.from_dict(data)



                return componentsschemas_trainable_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_trainable_type_1 = FullTrainable.from_dict(data)



            return componentsschemas_trainable_type_1

        trainable = _parse_trainable(d.pop("trainable", UNSET))


        def _parse_value(data: object) -> None | SeparateValue | SharedValue | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_value_type_0 = SeparateValue.from_dict(data)



                return componentsschemas_value_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_value_type_1 = SharedValue.from_dict(data)



                return componentsschemas_value_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SeparateValue | SharedValue | Unset, data)

        value = _parse_value(d.pop("value", UNSET))


        def _parse_device(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device = _parse_device(d.pop("device", UNSET))


        def _parse_base_precision(data: object) -> None | PpoJobConfigBasePrecisionType1 | PpoJobConfigBasePrecisionType2Type1 | PpoJobConfigBasePrecisionType3Type1 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_1 = PpoJobConfigBasePrecisionType1(data)



                return base_precision_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_2_type_1 = PpoJobConfigBasePrecisionType2Type1(data)



                return base_precision_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_3_type_1 = PpoJobConfigBasePrecisionType3Type1(data)



                return base_precision_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PpoJobConfigBasePrecisionType1 | PpoJobConfigBasePrecisionType2Type1 | PpoJobConfigBasePrecisionType3Type1 | Unset, data)

        base_precision = _parse_base_precision(d.pop("base_precision", UNSET))


        def _parse_rollout_precision(data: object) -> None | PpoJobConfigRolloutPrecisionType1 | PpoJobConfigRolloutPrecisionType2Type1 | PpoJobConfigRolloutPrecisionType3Type1 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rollout_precision_type_1 = PpoJobConfigRolloutPrecisionType1(data)



                return rollout_precision_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rollout_precision_type_2_type_1 = PpoJobConfigRolloutPrecisionType2Type1(data)



                return rollout_precision_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rollout_precision_type_3_type_1 = PpoJobConfigRolloutPrecisionType3Type1(data)



                return rollout_precision_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PpoJobConfigRolloutPrecisionType1 | PpoJobConfigRolloutPrecisionType2Type1 | PpoJobConfigRolloutPrecisionType3Type1 | Unset, data)

        rollout_precision = _parse_rollout_precision(d.pop("rollout_precision", UNSET))


        def _parse_rollouts(data: object) -> None | Rollouts | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rollouts_type_0 = Rollouts.from_dict(data)



                return rollouts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Rollouts | Unset, data)

        rollouts = _parse_rollouts(d.pop("rollouts", UNSET))


        def _parse_evaluate(data: object) -> Evaluate | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                evaluate_type_0 = Evaluate.from_dict(data)



                return evaluate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Evaluate | None | Unset, data)

        evaluate = _parse_evaluate(d.pop("evaluate", UNSET))


        _records = d.pop("records", UNSET)
        records: Records | Unset
        if isinstance(_records,  Unset):
            records = UNSET
        else:
            records = Records.from_dict(_records)




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
        metadata: PpoJobConfigMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = PpoJobConfigMetadata.from_dict(_metadata)




        ppo_job_config = cls(
            kind=kind,
            model=model,
            reward=reward,
            checkpoint=checkpoint,
            adapter=adapter,
            dataset=dataset,
            columns=columns,
            epochs=epochs,
            checkpoint_every_steps=checkpoint_every_steps,
            keep=keep,
            early_stop=early_stop,
            replicas=replicas,
            max_attempts=max_attempts,
            ppo=ppo,
            trainable=trainable,
            value=value,
            device=device,
            base_precision=base_precision,
            rollout_precision=rollout_precision,
            rollouts=rollouts,
            evaluate=evaluate,
            records=records,
            seed=seed,
            webhook=webhook,
            metadata=metadata,
        )


        ppo_job_config.additional_properties = d
        return ppo_job_config

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
