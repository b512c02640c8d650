from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.score_model_grader_type import ScoreModelGraderType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.grader_message import GraderMessage
  from ..models.score_model_grader_sampling_params_type_0 import ScoreModelGraderSamplingParamsType0





T = TypeVar("T", bound="ScoreModelGrader")



@_attrs_define
class ScoreModelGrader:
    """ What a model says of it

        Attributes:
            type_ (ScoreModelGraderType): Which grader it is.
            model (str): A classifier or reward model of this server by name; else a model of the judge that the server's
                GRADER_BASE_URL names.
            input_ (list[GraderMessage]): Templates: what a judge is asked, or, joined by empty lines, what is classified.
            name (str | Unset): What it is called in answers. Default: its key in a multi grader, else its type.
            pass_threshold (float | None | Unset): Taken, and without effect: a reward has no threshold.
            range_ (list[float] | None | Unset): What the score is clipped to. Default [0, 1].
            sampling_params (None | ScoreModelGraderSamplingParamsType0 | Unset): How a judge samples.
            label (str | Unset): Of a local classifier: whose score it is. Default: that of the only label.
     """

    type_: ScoreModelGraderType
    model: str
    input_: list[GraderMessage]
    name: str | Unset = UNSET
    pass_threshold: float | None | Unset = UNSET
    range_: list[float] | None | Unset = UNSET
    sampling_params: None | ScoreModelGraderSamplingParamsType0 | Unset = UNSET
    label: str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.grader_message import GraderMessage # noqa: PLC0415
        from ..models.score_model_grader_sampling_params_type_0 import ScoreModelGraderSamplingParamsType0 # noqa: PLC0415
        type_ = self.type_.value

        model = self.model

        input_ = []
        for input_item_data in self.input_:
            input_item = input_item_data.to_dict()
            input_.append(input_item)



        name = self.name

        pass_threshold: float | None | Unset
        if isinstance(self.pass_threshold, Unset):
            pass_threshold = UNSET
        else:
            pass_threshold = self.pass_threshold

        range_: list[float] | None | Unset
        if isinstance(self.range_, Unset):
            range_ = UNSET
        elif isinstance(self.range_, list):
            range_ = self.range_


        else:
            range_ = self.range_

        sampling_params: dict[str, Any] | None | Unset
        if isinstance(self.sampling_params, Unset):
            sampling_params = UNSET
        elif isinstance(self.sampling_params, ScoreModelGraderSamplingParamsType0):
            sampling_params = self.sampling_params.to_dict()
        else:
            sampling_params = self.sampling_params

        label = self.label


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "model": model,
            "input": input_,
        })
        if name is not UNSET:
            field_dict["name"] = name
        if pass_threshold is not UNSET:
            field_dict["pass_threshold"] = pass_threshold
        if range_ is not UNSET:
            field_dict["range"] = range_
        if sampling_params is not UNSET:
            field_dict["sampling_params"] = sampling_params
        if label is not UNSET:
            field_dict["label"] = label

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.grader_message import GraderMessage # noqa: PLC0415
        from ..models.score_model_grader_sampling_params_type_0 import ScoreModelGraderSamplingParamsType0 # noqa: PLC0415
        d = dict(src_dict)
        type_ = ScoreModelGraderType(d.pop("type"))




        model = d.pop("model")

        input_ = []
        _input_ = d.pop("input")
        for input_item_data in (_input_):
            input_item = GraderMessage.from_dict(input_item_data)



            input_.append(input_item)


        name = d.pop("name", UNSET)

        def _parse_pass_threshold(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        pass_threshold = _parse_pass_threshold(d.pop("pass_threshold", UNSET))


        def _parse_range_(data: object) -> list[float] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                range_type_0 = cast(list[float], data)

                return range_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[float] | None | Unset, data)

        range_ = _parse_range_(d.pop("range", UNSET))


        def _parse_sampling_params(data: object) -> None | ScoreModelGraderSamplingParamsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                sampling_params_type_0 = ScoreModelGraderSamplingParamsType0.from_dict(data)



                return sampling_params_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ScoreModelGraderSamplingParamsType0 | Unset, data)

        sampling_params = _parse_sampling_params(d.pop("sampling_params", UNSET))


        label = d.pop("label", UNSET)

        score_model_grader = cls(
            type_=type_,
            model=model,
            input_=input_,
            name=name,
            pass_threshold=pass_threshold,
            range_=range_,
            sampling_params=sampling_params,
            label=label,
        )

        return score_model_grader

