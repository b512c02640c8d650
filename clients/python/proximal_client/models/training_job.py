from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.job_kind import JobKind
from ..models.job_status import JobStatus
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.attempt import Attempt
  from ..models.evaluation_job_config import EvaluationJobConfig
  from ..models.evaluation_result import EvaluationResult
  from ..models.job_error import JobError
  from ..models.job_rows import JobRows
  from ..models.metrics import Metrics
  from ..models.ppo_job_config import PpoJobConfig
  from ..models.progress import Progress
  from ..models.reward_model_job_config import RewardModelJobConfig
  from ..models.sft_job_config import SftJobConfig
  from ..models.stopped import Stopped
  from ..models.training_job_metadata import TrainingJobMetadata





T = TypeVar("T", bound="TrainingJob")



@_attrs_define
class TrainingJob:
    """ A job and where it is

        Attributes:
            id (str): Names the job in paths.
            kind (JobKind): What is done: PPO, supervised fine-tuning, training a reward model, or an evaluation.
            status (JobStatus): Where the job is in its life; succeeded, failed and cancelled are final. docs/jobs.md has
                who sets each.
            model (str): The model that is trained or evaluated.
            config (EvaluationJobConfig | PpoJobConfig | RewardModelJobConfig | SftJobConfig): The request with every
                default filled in, without its rows
            rows (JobRows): What a job works on
            progress (Progress): How far a job is
            latest_metrics (Metrics | None): Of the last step.
            error (JobError | None): Why it failed; null unless it did.
            status_reason (JobError | None): Why the job waits, or was paused by the server.
            attempts (list[Attempt]): The last 50, oldest first.
            checkpoint (None | str): Id of the last one.
            best_checkpoint (None | str): Id of the one that is best by keep.best_by, or else by early_stop.metric; null
                where neither is set.
            stopped (None | Stopped): Why the job ended before its last step, succeeded all the same; null where it did not.
            result (EvaluationResult | None): What an evaluation came to; null for other kinds.
            created_at (datetime.datetime): When it was asked for.
            started_at (datetime.datetime | None): When its first attempt began.
            finished_at (datetime.datetime | None): When it came to its end.
            metadata (TrainingJobMetadata): The request's own texts.
     """

    id: str
    kind: JobKind
    status: JobStatus
    model: str
    config: EvaluationJobConfig | PpoJobConfig | RewardModelJobConfig | SftJobConfig
    rows: JobRows
    progress: Progress
    latest_metrics: Metrics | None
    error: JobError | None
    status_reason: JobError | None
    attempts: list[Attempt]
    checkpoint: None | str
    best_checkpoint: None | str
    stopped: None | Stopped
    result: EvaluationResult | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    metadata: TrainingJobMetadata
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.attempt import Attempt # noqa: PLC0415
        from ..models.evaluation_job_config import EvaluationJobConfig # noqa: PLC0415
        from ..models.evaluation_result import EvaluationResult # noqa: PLC0415
        from ..models.job_error import JobError # noqa: PLC0415
        from ..models.job_rows import JobRows # noqa: PLC0415
        from ..models.metrics import Metrics # noqa: PLC0415
        from ..models.ppo_job_config import PpoJobConfig # noqa: PLC0415
        from ..models.progress import Progress # noqa: PLC0415
        from ..models.reward_model_job_config import RewardModelJobConfig # noqa: PLC0415
        from ..models.sft_job_config import SftJobConfig # noqa: PLC0415
        from ..models.stopped import Stopped # noqa: PLC0415
        from ..models.training_job_metadata import TrainingJobMetadata # noqa: PLC0415
        id = self.id

        kind = self.kind.value

        status = self.status.value

        model = self.model

        config: dict[str, Any]
        if isinstance(self.config, PpoJobConfig):
            config = self.config.to_dict()
        elif isinstance(self.config, SftJobConfig):
            config = self.config.to_dict()
        elif isinstance(self.config, RewardModelJobConfig):
            config = self.config.to_dict()
        else:
            config = self.config.to_dict()


        rows = self.rows.to_dict()

        progress = self.progress.to_dict()

        latest_metrics: dict[str, Any] | None
        if isinstance(self.latest_metrics, Metrics):
            latest_metrics = self.latest_metrics.to_dict()
        else:
            latest_metrics = self.latest_metrics

        error: dict[str, Any] | None
        if isinstance(self.error, JobError):
            error = self.error.to_dict()
        else:
            error = self.error

        status_reason: dict[str, Any] | None
        if isinstance(self.status_reason, JobError):
            status_reason = self.status_reason.to_dict()
        else:
            status_reason = self.status_reason

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)



        checkpoint: None | str
        checkpoint = self.checkpoint

        best_checkpoint: None | str
        best_checkpoint = self.best_checkpoint

        stopped: dict[str, Any] | None
        if isinstance(self.stopped, Stopped):
            stopped = self.stopped.to_dict()
        else:
            stopped = self.stopped

        result: dict[str, Any] | None
        if isinstance(self.result, EvaluationResult):
            result = self.result.to_dict()
        else:
            result = self.result

        created_at = self.created_at.isoformat()

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "kind": kind,
            "status": status,
            "model": model,
            "config": config,
            "rows": rows,
            "progress": progress,
            "latest_metrics": latest_metrics,
            "error": error,
            "status_reason": status_reason,
            "attempts": attempts,
            "checkpoint": checkpoint,
            "best_checkpoint": best_checkpoint,
            "stopped": stopped,
            "result": result,
            "created_at": created_at,
            "started_at": started_at,
            "finished_at": finished_at,
            "metadata": metadata,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt import Attempt # noqa: PLC0415
        from ..models.evaluation_job_config import EvaluationJobConfig # noqa: PLC0415
        from ..models.evaluation_result import EvaluationResult # noqa: PLC0415
        from ..models.job_error import JobError # noqa: PLC0415
        from ..models.job_rows import JobRows # noqa: PLC0415
        from ..models.metrics import Metrics # noqa: PLC0415
        from ..models.ppo_job_config import PpoJobConfig # noqa: PLC0415
        from ..models.progress import Progress # noqa: PLC0415
        from ..models.reward_model_job_config import RewardModelJobConfig # noqa: PLC0415
        from ..models.sft_job_config import SftJobConfig # noqa: PLC0415
        from ..models.stopped import Stopped # noqa: PLC0415
        from ..models.training_job_metadata import TrainingJobMetadata # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        kind = JobKind(d.pop("kind"))




        status = JobStatus(d.pop("status"))




        model = d.pop("model")

        def _parse_config(data: object) -> EvaluationJobConfig | PpoJobConfig | RewardModelJobConfig | SftJobConfig:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_job_config_type_0 = PpoJobConfig.from_dict(data)



                return componentsschemas_job_config_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_job_config_type_1 = SftJobConfig.from_dict(data)



                return componentsschemas_job_config_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_job_config_type_2 = RewardModelJobConfig.from_dict(data)



                return componentsschemas_job_config_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_job_config_type_3 = EvaluationJobConfig.from_dict(data)



            return componentsschemas_job_config_type_3

        config = _parse_config(d.pop("config"))


        rows = JobRows.from_dict(d.pop("rows"))




        progress = Progress.from_dict(d.pop("progress"))




        def _parse_latest_metrics(data: object) -> Metrics | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                latest_metrics_type_0 = Metrics.from_dict(data)



                return latest_metrics_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Metrics | None, data)

        latest_metrics = _parse_latest_metrics(d.pop("latest_metrics"))


        def _parse_error(data: object) -> JobError | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = JobError.from_dict(data)



                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobError | None, data)

        error = _parse_error(d.pop("error"))


        def _parse_status_reason(data: object) -> JobError | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                status_reason_type_0 = JobError.from_dict(data)



                return status_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobError | None, data)

        status_reason = _parse_status_reason(d.pop("status_reason"))


        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in (_attempts):
            attempts_item = Attempt.from_dict(attempts_item_data)



            attempts.append(attempts_item)


        def _parse_checkpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint"))


        def _parse_best_checkpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        best_checkpoint = _parse_best_checkpoint(d.pop("best_checkpoint"))


        def _parse_stopped(data: object) -> None | Stopped:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                stopped_type_0 = Stopped.from_dict(data)



                return stopped_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Stopped, data)

        stopped = _parse_stopped(d.pop("stopped"))


        def _parse_result(data: object) -> EvaluationResult | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_type_0 = EvaluationResult.from_dict(data)



                return result_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EvaluationResult | None, data)

        result = _parse_result(d.pop("result"))


        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)



                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))


        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)



                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))


        metadata = TrainingJobMetadata.from_dict(d.pop("metadata"))




        training_job = cls(
            id=id,
            kind=kind,
            status=status,
            model=model,
            config=config,
            rows=rows,
            progress=progress,
            latest_metrics=latest_metrics,
            error=error,
            status_reason=status_reason,
            attempts=attempts,
            checkpoint=checkpoint,
            best_checkpoint=best_checkpoint,
            stopped=stopped,
            result=result,
            created_at=created_at,
            started_at=started_at,
            finished_at=finished_at,
            metadata=metadata,
        )


        training_job.additional_properties = d
        return training_job

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
