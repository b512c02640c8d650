from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.evaluation_result import EvaluationResult
  from ..models.metrics import Metrics
  from ..models.progress import Progress
  from ..models.stopped import Stopped





T = TypeVar("T", bound="SucceededData")



@_attrs_define
class SucceededData:
    """ What there is to know of it.

        Attributes:
            progress (Progress): How far a job is
            metrics (Metrics): Numbers by the metrics' names. One that is no finite number is left out.
            best_checkpoint (str | Unset): Id of the best checkpoint, where the job asks for one.
            stopped (Stopped | Unset): Why a job ended before its last step
            result (EvaluationResult | Unset): What an evaluation comes to
     """

    progress: Progress
    metrics: Metrics
    best_checkpoint: str | Unset = UNSET
    stopped: Stopped | Unset = UNSET
    result: EvaluationResult | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.evaluation_result import EvaluationResult # noqa: PLC0415
        from ..models.metrics import Metrics # noqa: PLC0415
        from ..models.progress import Progress # noqa: PLC0415
        from ..models.stopped import Stopped # noqa: PLC0415
        progress = self.progress.to_dict()

        metrics = self.metrics.to_dict()

        best_checkpoint = self.best_checkpoint

        stopped: dict[str, Any] | Unset = UNSET
        if not isinstance(self.stopped, Unset):
            stopped = self.stopped.to_dict()

        result: dict[str, Any] | Unset = UNSET
        if not isinstance(self.result, Unset):
            result = self.result.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "progress": progress,
            "metrics": metrics,
        })
        if best_checkpoint is not UNSET:
            field_dict["best_checkpoint"] = best_checkpoint
        if stopped is not UNSET:
            field_dict["stopped"] = stopped
        if result is not UNSET:
            field_dict["result"] = result

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.evaluation_result import EvaluationResult # noqa: PLC0415
        from ..models.metrics import Metrics # noqa: PLC0415
        from ..models.progress import Progress # noqa: PLC0415
        from ..models.stopped import Stopped # noqa: PLC0415
        d = dict(src_dict)
        progress = Progress.from_dict(d.pop("progress"))




        metrics = Metrics.from_dict(d.pop("metrics"))




        best_checkpoint = d.pop("best_checkpoint", UNSET)

        _stopped = d.pop("stopped", UNSET)
        stopped: Stopped | Unset
        if isinstance(_stopped,  Unset):
            stopped = UNSET
        else:
            stopped = Stopped.from_dict(_stopped)




        _result = d.pop("result", UNSET)
        result: EvaluationResult | Unset
        if isinstance(_result,  Unset):
            result = UNSET
        else:
            result = EvaluationResult.from_dict(_result)




        succeeded_data = cls(
            progress=progress,
            metrics=metrics,
            best_checkpoint=best_checkpoint,
            stopped=stopped,
            result=result,
        )


        succeeded_data.additional_properties = d
        return succeeded_data

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
