from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.multi_grader import MultiGrader
  from ..models.python_grader import PythonGrader
  from ..models.score_model_grader import ScoreModelGrader
  from ..models.string_check_grader import StringCheckGrader
  from ..models.text_similarity_grader import TextSimilarityGrader





T = TypeVar("T", bound="ValidateGraderBody")



@_attrs_define
class ValidateGraderBody:
    """ 
        Attributes:
            grader (MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader): What grades a
                completion, as OpenAI's fine-tuning has it
     """

    grader: MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader





    def to_dict(self) -> dict[str, Any]:
        from ..models.multi_grader import MultiGrader # noqa: PLC0415
        from ..models.python_grader import PythonGrader # noqa: PLC0415
        from ..models.score_model_grader import ScoreModelGrader # noqa: PLC0415
        from ..models.string_check_grader import StringCheckGrader # noqa: PLC0415
        from ..models.text_similarity_grader import TextSimilarityGrader # noqa: PLC0415
        grader: dict[str, Any]
        if isinstance(self.grader, StringCheckGrader):
            grader = self.grader.to_dict()
        elif isinstance(self.grader, TextSimilarityGrader):
            grader = self.grader.to_dict()
        elif isinstance(self.grader, PythonGrader):
            grader = self.grader.to_dict()
        elif isinstance(self.grader, ScoreModelGrader):
            grader = self.grader.to_dict()
        else:
            grader = self.grader.to_dict()



        field_dict: dict[str, Any] = {}

        field_dict.update({
            "grader": grader,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.multi_grader import MultiGrader # noqa: PLC0415
        from ..models.python_grader import PythonGrader # noqa: PLC0415
        from ..models.score_model_grader import ScoreModelGrader # noqa: PLC0415
        from ..models.string_check_grader import StringCheckGrader # noqa: PLC0415
        from ..models.text_similarity_grader import TextSimilarityGrader # noqa: PLC0415
        d = dict(src_dict)
        def _parse_grader(data: object) -> MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_0 = StringCheckGrader.from_dict(data)



                return componentsschemas_grader_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_1 = TextSimilarityGrader.from_dict(data)



                return componentsschemas_grader_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_2 = PythonGrader.from_dict(data)



                return componentsschemas_grader_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_3 = ScoreModelGrader.from_dict(data)



                return componentsschemas_grader_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_grader_type_4 = MultiGrader.from_dict(data)



            return componentsschemas_grader_type_4

        grader = _parse_grader(d.pop("grader"))


        validate_grader_body = cls(
            grader=grader,
        )

        return validate_grader_body

