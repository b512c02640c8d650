from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.reward_model_job_base_precision_type_1 import RewardModelJobBasePrecisionType1
from ..models.reward_model_job_base_precision_type_2_type_1 import RewardModelJobBasePrecisionType2Type1
from ..models.reward_model_job_base_precision_type_3_type_1 import RewardModelJobBasePrecisionType3Type1
from ..models.reward_model_job_held_out_rows import RewardModelJobHeldOutRows
from ..models.reward_model_job_kind import RewardModelJobKind
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.early_stop import EarlyStop
  from ..models.full_trainable import FullTrainable
  from ..models.job_webhook import JobWebhook
  from ..models.keep import Keep
  from ..models.lora_trainable import LoraTrainable
  from ..models.preference import Preference
  from ..models.reward_model_config import RewardModelConfig
  from ..models.reward_model_job_columns_type_0 import RewardModelJobColumnsType0
  from ..models.reward_model_job_metadata import RewardModelJobMetadata





T = TypeVar("T", bound="RewardModelJob")



@_attrs_define
class RewardModelJob:
    """ 
        Attributes:
            kind (RewardModelJobKind): What is done.
            model (str): Name or id of the model to train.
            checkpoint (None | str | Unset): Checkpoint to start from instead of the bare model.
            adapter (None | str | Unset): Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.
                Its layers are those that are trained; trainable.r and alpha must be its own, and trainable.layers, if given.
            dataset (None | str | Unset): Id of a dataset whose rows stand for those of the request. Default null: they are
                in the request.
            columns (None | RewardModelJobColumnsType0 | Unset): Names of the dataset's columns by what they are read as,
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
            trainable (FullTrainable | LoraTrainable | Unset): Which weights a job changes
            device (None | str | Unset): cpu, cuda, or a GPU by its index, cuda:1. Refused if it cannot be had. Default
                null: the server's DEVICE.
            base_precision (None | RewardModelJobBasePrecisionType1 | RewardModelJobBasePrecisionType2Type1 |
                RewardModelJobBasePrecisionType3Type1 | Unset): What the frozen matrices of layers and head are held and
                multiplied as, for policy, reference, value network and rollouts alike. int8: 8 bits, faster and smaller on a
                CPU, at a cost in exactness; needs trainable.type lora. bfloat16 and float16: layers compute in 16 bits, on a
                GPU; the head stays float32. Default null: float32 (exact) on a CPU, bfloat16 on a GPU.
            seed (int | Unset): Two runs of one seed are equal on one machine's CPU. Default 0. Default: 0.
            webhook (JobWebhook | None | Unset): Where this job's events are posted to, beside the webhooks for all jobs.
                Default null: nowhere.
            metadata (RewardModelJobMetadata | Unset): Up to 16 texts of your own, kept with the job.
            preferences (list[Preference] | Unset): Pairs of answers, if no dataset has them; at least one.
            held_out (float | Unset): How many rows are measured and never trained on: a share below 1, or a number of rows.
                The seed chooses them; at least one row is left on either side. Default: 0.1.
            held_out_rows (RewardModelJobHeldOutRows | Unset): Which rows held_out keeps: random, as the seed chooses them,
                or last, those at the end, for data that was split before. Default random.
            reward_model (RewardModelConfig | Unset): How preferences are learned
     """

    kind: RewardModelJobKind
    model: str
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET
    dataset: None | str | Unset = UNSET
    columns: None | RewardModelJobColumnsType0 | Unset = UNSET
    epochs: int | Unset = 1
    checkpoint_every_steps: int | None | Unset = UNSET
    keep: Keep | None | Unset = UNSET
    early_stop: EarlyStop | None | Unset = UNSET
    replicas: int | Unset = 1
    max_attempts: int | Unset = 3
    trainable: FullTrainable | LoraTrainable | Unset = UNSET
    device: None | str | Unset = UNSET
    base_precision: None | RewardModelJobBasePrecisionType1 | RewardModelJobBasePrecisionType2Type1 | RewardModelJobBasePrecisionType3Type1 | Unset = UNSET
    seed: int | Unset = 0
    webhook: JobWebhook | None | Unset = UNSET
    metadata: RewardModelJobMetadata | Unset = UNSET
    preferences: list[Preference] | Unset = UNSET
    held_out: float | Unset = 0.1
    held_out_rows: RewardModelJobHeldOutRows | Unset = UNSET
    reward_model: RewardModelConfig | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.early_stop import EarlyStop # noqa: PLC0415
        from ..models.full_trainable import FullTrainable # noqa: PLC0415
        from ..models.job_webhook import JobWebhook # noqa: PLC0415
        from ..models.keep import Keep # noqa: PLC0415
        from ..models.lora_trainable import LoraTrainable # noqa: PLC0415
        from ..models.preference import Preference # noqa: PLC0415
        from ..models.reward_model_config import RewardModelConfig # noqa: PLC0415
        from ..models.reward_model_job_columns_type_0 import RewardModelJobColumnsType0 # noqa: PLC0415
        from ..models.reward_model_job_metadata import RewardModelJobMetadata # noqa: PLC0415
        kind = self.kind.value

        model = self.model

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
        elif isinstance(self.columns, RewardModelJobColumnsType0):
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

        trainable: dict[str, Any] | Unset
        if isinstance(self.trainable, Unset):
            trainable = UNSET
        elif isinstance(self.trainable, LoraTrainable):
            trainable = self.trainable.to_dict()
        else:
            trainable = self.trainable.to_dict()


        device: None | str | Unset
        if isinstance(self.device, Unset):
            device = UNSET
        else:
            device = self.device

        base_precision: None | str | Unset
        if isinstance(self.base_precision, Unset):
            base_precision = UNSET
        elif isinstance(self.base_precision, RewardModelJobBasePrecisionType1):
            base_precision = self.base_precision.value
        elif isinstance(self.base_precision, RewardModelJobBasePrecisionType2Type1):
            base_precision = self.base_precision.value
        elif isinstance(self.base_precision, RewardModelJobBasePrecisionType3Type1):
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

        preferences: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.preferences, Unset):
            preferences = []
            for preferences_item_data in self.preferences:
                preferences_item = preferences_item_data.to_dict()
                preferences.append(preferences_item)



        held_out = self.held_out

        held_out_rows: str | Unset = UNSET
        if not isinstance(self.held_out_rows, Unset):
            held_out_rows = self.held_out_rows.value


        reward_model: dict[str, Any] | Unset = UNSET
        if not isinstance(self.reward_model, Unset):
            reward_model = self.reward_model.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "kind": kind,
            "model": model,
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
        if trainable is not UNSET:
            field_dict["trainable"] = trainable
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
        if preferences is not UNSET:
            field_dict["preferences"] = preferences
        if held_out is not UNSET:
            field_dict["held_out"] = held_out
        if held_out_rows is not UNSET:
            field_dict["held_out_rows"] = held_out_rows
        if reward_model is not UNSET:
            field_dict["reward_model"] = reward_model

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.early_stop import EarlyStop # noqa: PLC0415
        from ..models.full_trainable import FullTrainable # noqa: PLC0415
        from ..models.job_webhook import JobWebhook # noqa: PLC0415
        from ..models.keep import Keep # noqa: PLC0415
        from ..models.lora_trainable import LoraTrainable # noqa: PLC0415
        from ..models.preference import Preference # noqa: PLC0415
        from ..models.reward_model_config import RewardModelConfig # noqa: PLC0415
        from ..models.reward_model_job_columns_type_0 import RewardModelJobColumnsType0 # noqa: PLC0415
        from ..models.reward_model_job_metadata import RewardModelJobMetadata # noqa: PLC0415
        d = dict(src_dict)
        kind = RewardModelJobKind(d.pop("kind"))




        model = d.pop("model")

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


        def _parse_columns(data: object) -> None | RewardModelJobColumnsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                columns_type_0 = RewardModelJobColumnsType0.from_dict(data)



                return columns_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RewardModelJobColumnsType0 | Unset, data)

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


        def _parse_device(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device = _parse_device(d.pop("device", UNSET))


        def _parse_base_precision(data: object) -> None | RewardModelJobBasePrecisionType1 | RewardModelJobBasePrecisionType2Type1 | RewardModelJobBasePrecisionType3Type1 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_1 = RewardModelJobBasePrecisionType1(data)



                return base_precision_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_2_type_1 = RewardModelJobBasePrecisionType2Type1(data)



                return base_precision_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                base_precision_type_3_type_1 = RewardModelJobBasePrecisionType3Type1(data)



                return base_precision_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RewardModelJobBasePrecisionType1 | RewardModelJobBasePrecisionType2Type1 | RewardModelJobBasePrecisionType3Type1 | Unset, data)

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
        metadata: RewardModelJobMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = RewardModelJobMetadata.from_dict(_metadata)




        _preferences = d.pop("preferences", UNSET)
        preferences: list[Preference] | Unset = UNSET
        if _preferences is not UNSET:
            preferences = []
            for preferences_item_data in _preferences:
                preferences_item = Preference.from_dict(preferences_item_data)



                preferences.append(preferences_item)


        held_out = d.pop("held_out", UNSET)

        _held_out_rows = d.pop("held_out_rows", UNSET)
        held_out_rows: RewardModelJobHeldOutRows | Unset
        if isinstance(_held_out_rows,  Unset):
            held_out_rows = UNSET
        else:
            held_out_rows = RewardModelJobHeldOutRows(_held_out_rows)




        _reward_model = d.pop("reward_model", UNSET)
        reward_model: RewardModelConfig | Unset
        if isinstance(_reward_model,  Unset):
            reward_model = UNSET
        else:
            reward_model = RewardModelConfig.from_dict(_reward_model)




        reward_model_job = cls(
            kind=kind,
            model=model,
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
            trainable=trainable,
            device=device,
            base_precision=base_precision,
            seed=seed,
            webhook=webhook,
            metadata=metadata,
            preferences=preferences,
            held_out=held_out,
            held_out_rows=held_out_rows,
            reward_model=reward_model,
        )

        return reward_model_job

