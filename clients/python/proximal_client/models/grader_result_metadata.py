from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.grader_errors import GraderErrors
  from ..models.grader_result_metadata_scores import GraderResultMetadataScores





T = TypeVar("T", bound="GraderResultMetadata")



@_attrs_define
class GraderResultMetadata:
    """ How it went.

        Attributes:
            name (str): The grader's name, or its type.
            type_ (str): The grader's type.
            scores (GraderResultMetadataScores): The same as sub_rewards.
            execution_time (float): How long it took, in seconds.
            token_usage (int | None): Tokens of all judges; null where none was asked.
            sampled_model_name (None | str): The judge that was asked; null where none was.
            errors (GraderErrors): What went wrong with the row, each fault as a flag
     """

    name: str
    type_: str
    scores: GraderResultMetadataScores
    execution_time: float
    token_usage: int | None
    sampled_model_name: None | str
    errors: GraderErrors
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.grader_errors import GraderErrors # noqa: PLC0415
        from ..models.grader_result_metadata_scores import GraderResultMetadataScores # noqa: PLC0415
        name = self.name

        type_ = self.type_

        scores = self.scores.to_dict()

        execution_time = self.execution_time

        token_usage: int | None
        token_usage = self.token_usage

        sampled_model_name: None | str
        sampled_model_name = self.sampled_model_name

        errors = self.errors.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "name": name,
            "type": type_,
            "scores": scores,
            "execution_time": execution_time,
            "token_usage": token_usage,
            "sampled_model_name": sampled_model_name,
            "errors": errors,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.grader_errors import GraderErrors # noqa: PLC0415
        from ..models.grader_result_metadata_scores import GraderResultMetadataScores # noqa: PLC0415
        d = dict(src_dict)
        name = d.pop("name")

        type_ = d.pop("type")

        scores = GraderResultMetadataScores.from_dict(d.pop("scores"))




        execution_time = d.pop("execution_time")

        def _parse_token_usage(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        token_usage = _parse_token_usage(d.pop("token_usage"))


        def _parse_sampled_model_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        sampled_model_name = _parse_sampled_model_name(d.pop("sampled_model_name"))


        errors = GraderErrors.from_dict(d.pop("errors"))




        grader_result_metadata = cls(
            name=name,
            type_=type_,
            scores=scores,
            execution_time=execution_time,
            token_usage=token_usage,
            sampled_model_name=sampled_model_name,
            errors=errors,
        )


        grader_result_metadata.additional_properties = d
        return grader_result_metadata

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
