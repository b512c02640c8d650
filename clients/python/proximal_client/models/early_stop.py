from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.early_stop_mode_type_1 import EarlyStopModeType1
from ..models.early_stop_mode_type_2_type_1 import EarlyStopModeType2Type1
from ..models.early_stop_mode_type_3_type_1 import EarlyStopModeType3Type1
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="EarlyStop")



@_attrs_define
class EarlyStop:
    """ End the job, succeeded, when a metric gets no better. Default null: it does all its steps.

        Attributes:
            metric (str): What must get better: a metric of epochs, or of evaluations, which are judged whenever they are
                made.
            patience (int | Unset): The job ends when so many figures in a row are not better than the best before them.
                Default 3. Default: 3.
            min_delta (float | Unset): A figure is better when it is by more than this. Default 0. Default: 0.0.
            mode (EarlyStopModeType1 | EarlyStopModeType2Type1 | EarlyStopModeType3Type1 | None | Unset): max: more is
                better; min: less. Default null: min where the name ends in loss, perplexity or kl, else max.
     """

    metric: str
    patience: int | Unset = 3
    min_delta: float | Unset = 0.0
    mode: EarlyStopModeType1 | EarlyStopModeType2Type1 | EarlyStopModeType3Type1 | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        metric = self.metric

        patience = self.patience

        min_delta = self.min_delta

        mode: None | str | Unset
        if isinstance(self.mode, Unset):
            mode = UNSET
        elif isinstance(self.mode, EarlyStopModeType1):
            mode = self.mode.value
        elif isinstance(self.mode, EarlyStopModeType2Type1):
            mode = self.mode.value
        elif isinstance(self.mode, EarlyStopModeType3Type1):
            mode = self.mode.value
        else:
            mode = self.mode


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "metric": metric,
        })
        if patience is not UNSET:
            field_dict["patience"] = patience
        if min_delta is not UNSET:
            field_dict["min_delta"] = min_delta
        if mode is not UNSET:
            field_dict["mode"] = mode

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        metric = d.pop("metric")

        patience = d.pop("patience", UNSET)

        min_delta = d.pop("min_delta", UNSET)

        def _parse_mode(data: object) -> EarlyStopModeType1 | EarlyStopModeType2Type1 | EarlyStopModeType3Type1 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                mode_type_1 = EarlyStopModeType1(data)



                return mode_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                mode_type_2_type_1 = EarlyStopModeType2Type1(data)



                return mode_type_2_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, str):
                    raise TypeError()
                mode_type_3_type_1 = EarlyStopModeType3Type1(data)



                return mode_type_3_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EarlyStopModeType1 | EarlyStopModeType2Type1 | EarlyStopModeType3Type1 | None | Unset, data)

        mode = _parse_mode(d.pop("mode", UNSET))


        early_stop = cls(
            metric=metric,
            patience=patience,
            min_delta=min_delta,
            mode=mode,
        )

        return early_stop

